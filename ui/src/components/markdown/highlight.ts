// Colours for code. Loaded when the first block of code is finished; the grammar engine is plain JavaScript, because
// the page's policy forbids WebAssembly as it forbids eval.

import type { HighlighterCore, ThemedToken } from "shiki/core";

const GRAMMARS = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  cpp: () => import("shiki/langs/cpp.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  make: () => import("shiki/langs/make.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

type Grammar = keyof typeof GRAMMARS;

const ALIASES: Record<string, Grammar> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  "c++": "cpp",
  cs: "csharp",
  dockerfile: "docker",
  golang: "go",
  js: "javascript",
  jsx: "tsx",
  jsonc: "json",
  kt: "kotlin",
  makefile: "make",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  svg: "xml",
  ts: "typescript",
  yml: "yaml",
};

/** The grammar for what stands behind a fence; `null` when we have none. */
export function grammarOf(name: string): Grammar | null {
  const lower = name.toLowerCase();
  if (Object.hasOwn(GRAMMARS, lower)) return lower as Grammar;
  return Object.hasOwn(ALIASES, lower) ? (ALIASES[lower] ?? null) : null;
}

/** Longer code is shown plain: colours are not worth a long task. */
const LIMIT = 40_000;

let starting: Promise<HighlighterCore> | null = null;

async function start(): Promise<HighlighterCore> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] =
    await Promise.all([import("shiki/core"), import("shiki/engine/javascript")]);
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: "ink", variablePrefix: "--sx-", fontStyle: false })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

export type Colours = readonly ThemedToken[][];

/** What was coloured last, up to so many characters: rows of a conversation come and go as it is scrolled. */
const KEPT = 200_000;
const kept = new Map<string, Colours>();
let keptLength = 0;

const nameOf = (code: string, language: string) => `${language}\n${code}`;

/** The colours of code that had them before. */
export function coloured(code: string, language: string): Colours | undefined {
  return kept.get(nameOf(code, language));
}

function keep(name: string, colours: Colours): void {
  kept.set(name, colours);
  keptLength += name.length;
  for (const oldest of kept.keys()) {
    if (keptLength <= KEPT) return;
    kept.delete(oldest);
    keptLength -= oldest.length;
  }
}

const waiting: Array<{ signal: AbortSignal; go: () => void }> = [];
let working = false;

/** One after the other, each after a frame was painted: the code itself is on the screen before its colours. */
function next(): void {
  while (waiting[0]?.signal.aborted) waiting.shift();
  working = waiting.length > 0;
  if (!working) return;
  requestAnimationFrame(() =>
    setTimeout(() => {
      const first = waiting.shift();
      if (!first?.signal.aborted) first?.go();
      next();
    }),
  );
}

const turn = (signal: AbortSignal) =>
  new Promise<void>((go) => {
    waiting.push({ signal, go });
    if (!working) next();
  });

/** Lines of coloured tokens, or `null` when the code stays plain; without an end once nobody wants them any more. */
export async function highlight(
  code: string,
  language: string,
  signal: AbortSignal,
): Promise<Colours | null> {
  const grammar = grammarOf(language);
  if (grammar === null || code.length > LIMIT) return null;
  starting ??= start();
  const shiki = await starting;
  if (!shiki.getLoadedLanguages().includes(grammar)) await shiki.loadLanguage(await GRAMMARS[grammar]());
  await turn(signal);
  // the same code may stand twice
  const before = coloured(code, language);
  if (before !== undefined) return before;
  const colours = shiki.codeToTokensBase(code, {
    lang: grammar,
    theme: "ink",
    // by length and never by time: the same text is coloured alike on a slow machine
    tokenizeTimeLimit: 0,
    tokenizeMaxLineLength: 4000,
  });
  keep(nameOf(code, language), colours);
  return colours;
}

// A call as a command or a program that makes it again. The key is never filled in: nobody has it any more.

import type { CallView } from "@/api/generated/types";

const KEY = "YOUR_KEY";

export interface Request {
  /** The whole address. */
  url: string;
  /** The endpoint's address, as SDKs are given it. */
  base: string;
  path: string;
  body: unknown;
}

/** The request of a call; `null` where it was not kept whole. */
export function requestOf(view: CallView, base: string): Request | null {
  const client = view.client_request;
  const path = view.route.startsWith("POST /") ? view.route.slice("POST ".length) : "/v1/chat/completions";
  const origin = base.replace(/\/v1$/u, "");
  if (client !== null && !client.body.cut && !path.includes("{")) {
    try {
      return { url: origin + path, base, path, body: JSON.parse(client.body.text) };
    } catch {
      return null;
    }
  }
  // the window has no client: its question is put the way a program would
  const asked = view.asked?.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  if (client !== null || !asked || view.source.from === "client") return null;
  const model = view.agent_slug ?? view.requested_model;
  const body = { model, messages: [{ role: "user", content: asked }] };
  return { url: `${base}/chat/completions`, base, path: "/v1/chat/completions", body };
}

/** The text in a language. */
export function snippet(language: "curl" | "Python" | "Node", request: Request): string {
  if (language === "curl") return curl(request);
  return language === "Python" ? python(request) : node(request);
}

/** Inside single quotes a shell reads nothing but the next single quote. */
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function curl({ url, body }: Request): string {
  return `curl ${url} \\
  -H "Authorization: Bearer ${KEY}" \\
  -H "Content-Type: application/json" \\
  -d ${shell(JSON.stringify(body, null, 2))}
`;
}

function python({ url, body }: Request): string {
  const streams = isStream(body);
  return `import json, urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url)},
    headers={"Authorization": "Bearer ${KEY}", "Content-Type": "application/json"},
    data=json.dumps(${literal(body, 1)}).encode(),
)
with urllib.request.urlopen(request) as response:
${streams ? '    for line in response:\n        print(line.decode(), end="")' : "    print(json.dumps(json.load(response), indent=2))"}
`;
}

function node({ url, body }: Request): string {
  const streams = isStream(body);
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { Authorization: "Bearer ${KEY}", "Content-Type": "application/json" },
  body: JSON.stringify(${JSON.stringify(body, null, 2).replaceAll("\n", "\n  ")}),
});
${
  streams
    ? "const text = new TextDecoder();\nfor await (const chunk of response.body) process.stdout.write(text.decode(chunk, { stream: true }));"
    : "console.log(await response.json());"
}
`;
}

const isStream = (body: unknown) =>
  typeof body === "object" && body !== null && "stream" in body && body.stream === true;

/** A value as Python writes it. */
function literal(value: unknown, depth: number): string {
  const pad = "    ".repeat(depth + 1);
  const foot = "    ".repeat(depth);
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((one) => `${pad}${literal(one, depth + 1)},\n`).join("")}${foot}]`;
  }
  if (typeof value === "object") {
    const all = Object.entries(value);
    if (all.length === 0) return "{}";
    const lines = all.map(([key, one]) => `${pad}${text(key)}: ${literal(one, depth + 1)},\n`);
    return `{\n${lines.join("")}${foot}}`;
  }
  return typeof value === "string" ? text(value) : String(value);
}

/** JSON's escapes are Python's, but for the halves of a pair, which Python would take for characters. */
const text = (value: string) => JSON.stringify(value);

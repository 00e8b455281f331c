// A call as a command or a program that makes it again. The key is never filled in: nobody has it any more.

import type { CallView, Message } from "@/api/generated/types";

const KEY = "YOUR_KEY";

export interface Request {
  /** The whole address. */
  url: string;
  /** The endpoint's address, as SDKs are given it. */
  base: string;
  path: string;
  body: unknown;
}

/** Why a call cannot be made again as a program. */
export type Missing = "cut" | "unkept" | "nameless" | "unread" | "spoken";

/** The request of a call, or why there is none; a window's takes what was said before, `said`, where it is known. */
export function requestOf(
  view: CallView,
  base: string,
  said: readonly Message[] | null = null,
): Request | Missing {
  const client = view.client_request;
  if (client === null) return view.source.from === "client" ? "unkept" : ofWindow(view, base, said);
  if (client.body.cut) return "cut";
  const path = pathOf(view);
  if (path === null) return "nameless";
  try {
    return { url: base.replace(/\/v1$/u, "") + path, base, path, body: JSON.parse(client.body.text) };
  } catch {
    return "unread";
  }
}

/** The path that was called: what its template leaves open is the model that was asked for. */
function pathOf({ route, requested_model: model }: CallView): string | null {
  const path = route.startsWith("POST /") ? route.slice("POST ".length) : "/v1/chat/completions";
  if (!path.includes("{")) return path;
  const named = path.replace(/\{id\}/u, encodeURIComponent(model));
  return model === "" || named.includes("{") ? null : named;
}

const words = (message: Message): string =>
  message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");

/** The window has no client: what was said is put the way a program would, without what the agent's tools gave. */
function ofWindow(view: CallView, base: string, said: readonly Message[] | null): Request | Missing {
  const spoken = said ?? (view.asked === null ? [] : [view.asked]);
  const messages = spoken
    .filter(({ role }) => role === "user" || role === "assistant")
    .map((message) => ({ role: message.role, content: words(message) }))
    .filter(({ content }) => content !== "");
  if (messages.length === 0) return "spoken";
  const body = { model: view.agent_slug ?? view.requested_model, messages };
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
    : "console.log(JSON.stringify(await response.json(), null, 2));"
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

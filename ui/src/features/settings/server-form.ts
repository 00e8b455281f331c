// The fields of a new server of tools as they are typed, and what is asked of the app with them.

import type { AddMcpServer } from "@/api/generated/types";
import { isSlug } from "@/lib/slug";

export interface ServerFields {
  id: string;
  kind: "stdio" | "http";
  command: string;
  args: string;
  env: string;
  secrets: string;
  cwd: string;
  url: string;
}

export const EMPTY: ServerFields = {
  id: "",
  kind: "stdio",
  command: "",
  args: "",
  env: "",
  secrets: "",
  cwd: "",
  url: "",
};

const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

/** A name and what is behind the first sign, of each line; `null` where one has no such sign. */
function pairs(text: string, sign: "=" | ":"): Array<[string, string]> | null {
  const found: Array<[string, string]> = [];
  for (const line of lines(text)) {
    const at = line.indexOf(sign);
    if (at < 1) return null;
    found.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
  }
  return found;
}

/** What the fields say, or the names of those that are wrong. */
export function serverOf(
  fields: ServerFields,
): { server: AddMcpServer } | { wrong: Set<keyof ServerFields> } {
  const wrong = new Set<keyof ServerFields>();
  const http = fields.kind === "http";
  const secrets = pairs(fields.secrets, http ? ":" : "=");
  const env = http ? [] : pairs(fields.env, "=");
  if (!isSlug(fields.id) || fields.id.length > 32) wrong.add("id");
  if (http && !/^https?:\/\/./.test(fields.url.trim())) wrong.add("url");
  if (!http && fields.command.trim() === "") wrong.add("command");
  if (secrets === null) wrong.add("secrets");
  if (env === null) wrong.add("env");
  if (wrong.size > 0 || secrets === null || env === null) return { wrong };
  const names = secrets.map(([name]) => name);
  return {
    server: {
      id: fields.id,
      name: null,
      secrets: Object.fromEntries(secrets),
      transport: http
        ? { kind: "http", url: fields.url.trim(), headers: names }
        : {
            kind: "stdio",
            command: fields.command.trim(),
            // word by word: nothing is split or unquoted
            args: fields.args.split("\n").filter((line) => line !== ""),
            env: [
              ...env.map(([name, value]) => ({ name, value })),
              ...names.map((name) => ({ name, value: null })),
            ],
            cwd: fields.cwd.trim() || null,
          },
    },
  };
}

// The fields of a server of tools as they are typed, and what is asked of the app with them.

import type { AddMcpServer, McpServerView, McpTransport } from "@/api/generated/types";
import { isSlug } from "@/lib/slug";

export interface ServerFields {
  id: string;
  /** The name people read; empty: its short name. */
  name: string;
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
  name: "",
  kind: "stdio",
  command: "",
  args: "",
  env: "",
  secrets: "",
  cwd: "",
  url: "",
};

/** Whether all of it can be written in lines; what cannot is changed at the command line. */
export function fitsLines(transport: McpTransport): boolean {
  if (transport.kind === "http") return true;
  const words = [...transport.args, ...transport.env.map(({ value }) => value ?? "x")];
  return (
    transport.args.every((word) => word !== "") &&
    words.every((word) => !/[\r\n]/.test(word)) &&
    transport.env.every(({ value }) => value === (value?.trim() ?? null))
  );
}

/** A server's fields. Its secrets stand there by their names; what is not written behind them stays. */
export function fieldsOf({ id, name, transport }: McpServerView): ServerFields {
  const fields = { ...EMPTY, id: id as string, name };
  if (transport.kind === "http")
    return {
      ...fields,
      kind: "http",
      url: transport.url,
      secrets: transport.headers.map((header) => `${header}:`).join("\n"),
    };
  const { command, args, env, cwd } = transport;
  const open = env.filter(({ value }) => value !== null);
  const secret = env.filter(({ value }) => value === null);
  return {
    ...fields,
    command,
    args: args.join("\n"),
    env: open.map((one) => `${one.name}=${one.value}`).join("\n"),
    secrets: secret.map((one) => `${one.name}=`).join("\n"),
    cwd: cwd ?? "",
  };
}

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

/** What the fields say, or the names of those that are wrong. A secret without a value is one that stays. */
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
      name: fields.name.trim() || null,
      secrets: Object.fromEntries(secrets.filter(([, value]) => value !== "")),
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

import { expect, test } from "vitest";
import type { McpServerView } from "@/api/generated/types";
import { EMPTY, fieldsOf, fitsLines, serverOf } from "./server-form";

test("a program is started word by word, and its secrets are named without their values", () => {
  const fields = {
    ...EMPTY,
    id: "files",
    command: " npx ",
    args: "-y\n@example/files\n/home/me/My Notes\n",
    env: "MODE=read = only",
    secrets: "TOKEN=a=b",
  };
  expect(serverOf(fields)).toEqual({
    server: {
      id: "files",
      name: null,
      secrets: { TOKEN: "a=b" },
      transport: {
        kind: "stdio",
        command: "npx",
        args: ["-y", "@example/files", "/home/me/My Notes"],
        env: [
          { name: "MODE", value: "read = only" },
          { name: "TOKEN", value: null },
        ],
        cwd: null,
      },
    },
  });
});

test("an address has headers instead", () => {
  const fields = {
    ...EMPTY,
    id: "far",
    kind: "http" as const,
    url: "https://mcp.test/x",
    secrets: "Authorization: Bearer a:b",
  };
  expect(serverOf(fields)).toEqual({
    server: {
      id: "far",
      name: null,
      secrets: { Authorization: "Bearer a:b" },
      transport: { kind: "http", url: "https://mcp.test/x", headers: ["Authorization"] },
    },
  });
});

test("what does not fit is named", () => {
  expect(serverOf({ ...EMPTY, id: "Not this", env: "NAME" })).toEqual({
    wrong: new Set(["id", "command", "env"]),
  });
  expect(serverOf({ ...EMPTY, id: "far", kind: "http", url: "mcp.test", secrets: "Authorization" })).toEqual({
    wrong: new Set(["url", "secrets"]),
  });
});

test("a server that is there is written as it was typed, and its secrets stay", () => {
  const transport = {
    kind: "stdio" as const,
    command: "npx",
    args: ["-y", "a b"],
    env: [
      { name: "MODE", value: "x=y" },
      { name: "TOKEN", value: null },
    ],
    cwd: null,
  };
  const server = { id: "files", name: "Files", transport } as unknown as McpServerView;
  const fields = fieldsOf(server);
  expect(fields.secrets).toBe("TOKEN=");
  expect(serverOf(fields)).toEqual({ server: { id: "files", name: "Files", secrets: {}, transport } });
  expect(serverOf({ ...fields, secrets: "TOKEN=new" })).toEqual({
    server: { id: "files", name: "Files", secrets: { TOKEN: "new" }, transport },
  });
  expect(fitsLines(transport)).toBe(true);
  expect(fitsLines({ ...transport, args: ["a\nb"] })).toBe(false);
  expect(fitsLines({ ...transport, args: [""] })).toBe(false);
});

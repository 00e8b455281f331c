// The official client of the Model Context Protocol at /mcp: agents as its tools.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const binary = process.env.INGLENOOK_BIN;
const dir = mkdtempSync(join(tmpdir(), "inglenook-door-"));
const dataDir = join(dir, "data");
const left = [];
let app, url, key, model;

function inglenook(...args) {
  return JSON.parse(execFileSync(binary, [...args, "--json", "--data-dir", dataDir], { encoding: "utf8" }));
}

/** A model that says back what it was told last, and waits for ever when it was told to. */
async function echo() {
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = pieces.length > 0 ? JSON.parse(Buffer.concat(pieces).toString()) : {};
    const last = body.messages?.at(-1)?.content ?? "";
    if (last === "wait") {
      response.on("close", () => left.push(last));
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    if (request.method === "GET") return response.end(JSON.stringify({ object: "list", data: [] }));
    const message = { role: "assistant", content: `${body.messages.length}: ${last}` };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices, usage }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { baseUrl: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

async function connected(secret) {
  const client = new Client({ name: "door", version: "1" });
  const headers = { authorization: `Bearer ${secret}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport);
  return client;
}

before(async () => {
  model = await echo();
  app = spawn(binary, ["serve", "--port", "0", "--data-dir", dataDir, "--vault", "memory"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: app.stdout })) {
    const said = JSON.parse(line);
    if (said.event !== "ready") continue;
    url = said.base_url.replace(/\/v1$/, "/mcp");
    break;
  }
  inglenook("provider", "add", "echo", "--wire", "openai-chat", "--base-url", model.baseUrl, "--no-key");
  const about = "Says back what it is told.";
  inglenook("agent", "create", "parrot", "--model", "echo/m", "--description", about, "--instructions", "Repeat.");
  key = inglenook("key", "create", "door").secret;
});

after(async () => {
  app.kill("SIGTERM");
  await once(app, "exit");
  model.close();
  rmSync(dir, { recursive: true, force: true });
});

test("agents are listed, called, and go on with a session", async () => {
  const client = await connected(key);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ["parrot"]);
  assert.equal(tools[0].description, "Says back what it is told.");
  // the client itself holds the answer against the tool's output schema
  const first = await client.callTool({ name: "parrot", arguments: { message: "Hello" } });
  assert.equal(first.content[0].text, "2: Hello");
  const session_id = first.structuredContent.session_id;
  const second = await client.callTool({ name: "parrot", arguments: { message: "Again", session_id } });
  assert.equal(second.structuredContent.content, "4: Again");
  assert.equal(second.structuredContent.session_id, session_id);
  await assert.rejects(client.callTool({ name: "nobody", arguments: { message: "Hi" } }), /-32602|Unknown tool/);
  const wrong = await client.callTool({ name: "parrot", arguments: {} });
  assert.equal(wrong.isError, true);
  await client.close();
});

test("a call reports progress, and one that is given up ends at the model", async () => {
  const client = await connected(key);
  let beats = 0;
  const giving = new AbortController();
  const call = client.callTool({ name: "parrot", arguments: { message: "wait" } }, undefined, {
    signal: giving.signal,
    onprogress: () => {
      beats += 1;
      giving.abort("enough");
    },
  });
  await assert.rejects(call);
  assert.ok(beats > 0);
  for (let waited = 0; left.length === 0 && waited < 5000; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(left, ["wait"]);
  assert.equal((await client.callTool({ name: "parrot", arguments: { message: "Hi" } })).isError ?? false, false);
  await client.close();
});

test("a client hears of other agents, and a wrong key is refused", async () => {
  const client = await connected(key);
  const changed = new Promise((resolve) => {
    client.setNotificationHandler(ToolListChangedNotificationSchema, resolve);
  });
  inglenook("agent", "create", "second", "--model", "echo/m");
  await changed;
  assert.equal((await client.listTools()).tools.length, 2);
  await client.close();
  await assert.rejects(connected("sk-ink-wrong"));
});

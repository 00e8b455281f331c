// Real servers of tools behind one agent, from the command line to the endpoint.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as listenAnywhere } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { provider } from "./obedient_provider.mjs";

const binary = process.env.INGLENOOK_BIN;
const here = import.meta.dirname;
const dir = mkdtempSync(join(tmpdir(), "inglenook-servers-"));
const dataDir = join(dir, "data");
const folder = join(dir, "folder");
const opened = [];
let app, baseUrl, key, model;

function inglenook(...args) {
  return JSON.parse(execFileSync(binary, [...args, "--json", "--data-dir", dataDir], { encoding: "utf8" }));
}

/** Adds a server; what stands behind `--` is all its own. */
function add(name, ...command) {
  const args = ["mcp", "add", name, "--json", "--data-dir", dataDir, ...command];
  return JSON.parse(execFileSync(binary, args, { encoding: "utf8" }));
}

/** Adds a server and approves it as it is shown; gives the names of its tools in grants. */
function approved(name, ...command) {
  assert.equal(add(name, ...command).consent, "new");
  const server = inglenook("mcp", "approve", name, "--yes");
  assert.equal(server.consent, "approved", JSON.stringify(server.changes));
  assert.equal(server.health.state, "running", JSON.stringify(server.health));
  return server.tools.map((tool) => tool.grant);
}

function agent(slug, tools) {
  const grants = tools.map((tool) => `[[tools]]\ntool = ${JSON.stringify(tool)}\nrule = "always"\n`).join("\n");
  const file = join(dir, `${slug}.toml`);
  writeFileSync(file, `slug = "${slug}"\nname = "${slug}"\ntarget = "scripted/obedient"\n\n${grants}`);
  inglenook("agent", "create", slug, "--model", "scripted/obedient", "--file", file);
}

/** What the model was given when it asked the agent for a tool. */
async function given(slug, tool, args) {
  const content = JSON.stringify({ tool, arguments: args });
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: slug, messages: [{ role: "user", content }] }),
  });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body.choices[0].message.content;
}

async function ready(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (said.event === "ready") return said.base_url;
  }
  throw new Error("the app ended before it was ready");
}

async function freePort() {
  const server = listenAnywhere().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

before(async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, "note.txt"), "kumquats are small");
  model = await provider();
  app = spawn(binary, ["serve", "--port", "0", "--data-dir", dataDir, "--vault", "memory"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  baseUrl = await ready(app);
  inglenook("provider", "add", "scripted", "--wire", "openai-chat", "--base-url", model.baseUrl, "--no-key");
  key = inglenook("key", "create", "test").secret;
});

after(async () => {
  app.kill("SIGTERM");
  await once(app, "exit");
  for (const close of opened) close();
  model.close();
  rmSync(dir, { recursive: true, force: true });
});

test("nothing is started before it is approved", () => {
  const bin = join(here, "node_modules/.bin/mcp-server-filesystem");
  add("unseen", "--", bin, folder);
  const refused = spawnSync(binary, ["mcp", "approve", "unseen", "--data-dir", dataDir], { encoding: "utf8", input: "" });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /mcp-server-filesystem/, "all of it is shown");
  assert.ok(refused.stderr.includes(folder));
  assert.equal(inglenook("mcp", "show", "unseen").health.state, "stopped");
  inglenook("mcp", "remove", "unseen");
});

test("the filesystem server reads and writes under its folder, and nowhere else", async () => {
  const tools = approved("files", "--", join(here, "node_modules/.bin/mcp-server-filesystem"), folder);
  assert.ok(tools.includes("files/read_text_file") && tools.includes("files/write_file"), tools.join());
  agent("clerk", ["files/read_text_file", "files/write_file", "files/list_directory"]);
  const note = join(folder, "note.txt");
  assert.match(await given("clerk", "files__read_text_file", { path: note }), /kumquats are small/);
  await given("clerk", "files__write_file", { path: join(folder, "new.txt"), content: "written" });
  assert.equal(readFileSync(join(folder, "new.txt"), "utf8"), "written");
  assert.match(await given("clerk", "files__read_text_file", { path: "/etc/passwd" }), /denied/i);
});

test("the everything server works over stdio", async () => {
  const tools = approved("all", "--", join(here, "node_modules/.bin/mcp-server-everything"), "stdio");
  assert.ok(tools.includes("all/echo"), tools.join());
  agent("tester", tools);
  assert.match(await given("tester", "all__echo", { message: "hello" }), /hello/);
  assert.match(await given("tester", "all__get-sum", { a: 2, b: 40 }), /42/);
  const picture = await given("tester", "all__get-tiny-image", {});
  assert.match(picture, /an image, image\/png/);
  assert.match(picture, /The image that all__get-tiny-image returned:\ndata:image\/png;base64,/);
  const long = await given("tester", "all__trigger-long-running-operation", { duration: 2, steps: 4 });
  assert.match(long, /completed/i);
});

test("the everything server works over streamable HTTP", async () => {
  const port = await freePort();
  const bin = join(here, "node_modules/.bin/mcp-server-everything");
  const server = spawn(bin, ["streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  opened.push(() => server.kill());
  for await (const line of createInterface({ input: server.stderr })) if (line.includes(String(port))) break;
  server.stderr.resume();
  const tools = approved("far", "--url", `http://127.0.0.1:${port}/mcp`);
  assert.ok(tools.includes("far/echo"), tools.join());
  agent("traveller", ["far/echo", "far/get-sum"]);
  assert.match(await given("traveller", "far__echo", { message: "hello" }), /hello/);
  assert.match(await given("traveller", "far__get-sum", { a: 2, b: 40 }), /42/);
});

test("the fetch server fetches", async () => {
  const pages = createServer((request, response) => {
    if (request.url === "/robots.txt") return response.writeHead(404).end();
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html><body><article><h1>Kumquats</h1><p>They are small and bright.</p></article></body></html>");
  }).listen(0, "127.0.0.1");
  await once(pages, "listening");
  opened.push(() => pages.close());
  const tools = approved("web", "--", join(here, ".venv/bin/mcp-server-fetch"), "--allow-private-ips");
  assert.deepEqual(tools, ["web/fetch"]);
  agent("reader", tools);
  const url = `http://127.0.0.1:${pages.address().port}/kumquats`;
  assert.match(await given("reader", "web__fetch", { url }), /small and bright/);
});

test("REL-32: a server ends when the app is killed", async () => {
  const other = join(dir, "killed");
  const options = ["--json", "--data-dir", other];
  const notes = join(dir, "notes");
  const killed = spawn(binary, ["serve", "--port", "0", "--data-dir", other, "--vault", "memory"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await ready(killed);
  const script = join(here, "../support/mcp/server.py");
  execFileSync(binary, ["mcp", "add", "demo", ...options, "--", "python3", script, "honest", notes]);
  execFileSync(binary, ["mcp", "approve", "demo", "--yes", ...options]);
  const pid = Number(readFileSync(notes, "utf8").match(/start (\d+)/)[1]);
  process.kill(pid, 0);
  killed.kill("SIGKILL");
  await once(killed, "exit");
  const lives = () => {
    try {
      return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  };
  for (let waited = 0; lives() && waited < 5000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(lives(), false, "it lives on");
});

test("what is not there is told, and a removed server is gone", async () => {
  assert.match(await given("tester", "all__echo", {}), /./, "the server's own error");
  assert.ok(inglenook("mcp", "log", "files").length > 0);
  for (const name of ["files", "all", "far", "web"]) inglenook("mcp", "remove", name);
  assert.deepEqual(inglenook("mcp", "list"), []);
});

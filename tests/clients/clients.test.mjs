// What a person does with each client: asks something, lets it run a command, and asks a model that fails.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { DRIVERS } from "./drivers.mjs";
import { MARK, listen } from "./scripted_model.mjs";
import { open } from "./world.mjs";

const PATIENCE = 150_000;
const STARTER = `slug = "starter"
name = "Starter"
instructions = "Answer in one short sentence."
target = "starter/smollm2-135m-instruct"
instructions_merge = "ignore"
tools_merge = "agent-only"
[params]
max_output_tokens = 60
`;
const AGENTS = ["echo", "loop", "edit", "broken", "starter"];

let provider;
let app;

before(async () => {
  provider = await listen();
  app = await open(provider);
  // the starter reads 8,192 tokens, a coding client's instructions and tools alone are more: this agent leaves them out
  const folder = mkdtempSync(join(tmpdir(), "inglenook-agent-"));
  const file = join(folder, "starter.toml");
  writeFileSync(file, STARTER);
  app.inglenook(["agent", "create", "starter", "--model", "starter/smollm2-135m-instruct", "--file", file]);
  rmSync(folder, { recursive: true });
});

after(async () => {
  await app.close();
  provider.close();
});

/** Runs a client as a person would; what it printed and how it ended. Some would try for minutes: `patience` ends them. */
async function run(name, driver, key, agent, prompt, patience = PATIENCE) {
  const home = mkdtempSync(join(tmpdir(), `inglenook-${name}-`));
  const work = join(home, "work");
  mkdirSync(work);
  const at = { baseUrl: app.baseUrl, root: app.root, key };
  driver.prepare?.(home, at, AGENTS);
  const { file, args, env } = driver.command(at, agent, prompt, home);
  const before = provider.asked.length;
  const child = spawn(file, args, {
    cwd: work,
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, TERM: "dumb", LANG: "C.UTF-8", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // a group of its own, so that what it starts ends with it
    detached: true,
  });
  let out = "";
  child.stdout.on("data", (piece) => (out += piece));
  child.stderr.on("data", (piece) => (out += piece));
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), patience);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  const read = (file) => readFileSync(join(work, file), "utf8");
  const asked = provider.asked.slice(before);
  return { code, out, asked, read, close: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }) };
}

for (const name of process.env.CLIENTS.split(" ")) {
  const driver = DRIVERS[name];
  describe(name, { concurrency: false }, () => {
    let key;
    before(() => {
      key = app.key(name);
    });

    test("a plain turn", { timeout: PATIENCE + 10_000 }, async () => {
      const ran = await run(name, driver, key, "echo", "say polly");
      assert.match(ran.out, /You said: [^]*polly/, ran.out);
      assert.equal(ran.code, 0, ran.out);
      assert.ok(ran.asked.some((body) => JSON.stringify(body.messages[0]).includes("Be brief.")), "the agent's instructions");
      ran.close();
    });

    test("a tool loop", { timeout: PATIENCE + 10_000 }, async () => {
      const ran = await run(name, driver, key, driver.edits ? "edit" : "loop", "print the mark");
      assert.equal(ran.code, 0, ran.out);
      if (driver.edits) assert.equal(ran.read("greeting.txt").trim(), MARK, ran.out);
      else {
        assert.ok(ran.asked.some((body) => body.messages.some((one) => one.role === "tool" && JSON.stringify(one).includes(MARK))), ran.out);
        assert.match(ran.out, new RegExp(`The tool said: [^]*${MARK}`), ran.out);
      }
      ran.close();
    });

    test("a model that fails does not lead into a storm", { timeout: PATIENCE }, async () => {
      const ran = await run(name, driver, key, "broken", "say polly", 60_000);
      const calls = app.inglenook(["call", "list"]).calls.filter((call) => call.client === name && call.requested_model === "broken");
      console.log(`# ${name}: ${calls.length} calls in a minute for one failure`);
      assert.ok(calls.length > 0 && !ran.out.includes("You said"), ran.out);
      // what a client that obeys our hints sends; others know only the status and try on
      assert.ok(calls.length <= (driver.stubborn ? 40 : 2), `${calls.length} calls: ${ran.out}`);
      ran.close();
    });

    test("a plain turn on a real model", { timeout: PATIENCE + 10_000 }, async () => {
      const ran = await run(name, driver, key, "starter", "What is the capital of France?");
      assert.equal(ran.code, 0, ran.out);
      const calls = app.inglenook(["call", "list"]).calls.filter((call) => call.client === name && call.agent_slug === "starter");
      assert.ok(calls.some((call) => call.outcome.outcome === "succeeded" && call.usage.output > 0), JSON.stringify(calls));
      ran.close();
    });

    test("its calls are in the history under its key's name", () => {
      const { calls } = app.inglenook(["call", "list"]);
      const own = calls.filter((call) => call.client === name);
      assert.ok(own.length >= 3 && own.every((call) => call.outcome !== null), JSON.stringify(own));
    });
  });
}

// Starts what the tests talk to, runs them in turn, and takes everything down again: a scripted provider, the app
// on a data directory of its own, an agent on each. Every part listens on a port that the system picks.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { listen } from "./scripted_provider.mjs";

const binary = process.env.INGLENOOK_BIN;
const dataDir = mkdtempSync(join(tmpdir(), "inglenook-sdk-"));
const provider = await listen();

const server = spawn(binary, ["serve", "--port", "0", "--data-dir", dataDir, "--vault", "memory"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const gone = once(server, "exit");

function inglenook(args, input) {
  const out = execFileSync(binary, [...args, "--json", "--data-dir", dataDir], { encoding: "utf8", input });
  return out.trim() === "" ? null : JSON.parse(out);
}

async function ready() {
  for await (const line of createInterface({ input: server.stdout })) {
    const said = JSON.parse(line);
    if (said.event === "ready") return said.base_url;
  }
  throw new Error("the app ended before it was ready");
}

function prepare() {
  const base = ["--wire", "openai-chat", "--base-url", provider.baseUrl, "--key-stdin"];
  inglenook(["provider", "add", "scripted", ...base], "provider-key-right");
  inglenook(["provider", "add", "refused", ...base], "provider-key-wrong");
  inglenook(["provider", "add", "starter", "--kind", "starter"]);
  const agent = (slug, model, instructions) =>
    inglenook(["agent", "create", slug, "--model", model, "--instructions", instructions]);
  const ids = {
    hello: agent("hello", "starter/smollm2-135m-instruct", "Answer in one short sentence.").id,
    parrot: agent("parrot", "scripted/echo", "You are the parrot of the SDK tests.").id,
  };
  agent("weather", "scripted/tools", "Use your tools.");
  agent("structured", "scripted/json", "Answer in JSON.");
  // one each: a target that several suites break is left alone by the circuit breaker
  for (const suite of ["openai-python", "openai-node", "anthropic-python", "anthropic-node", "ollama-python"]) {
    agent(`broken-${suite}`, `scripted/broken-${suite}`, "Fails.");
  }
  agent("busy", "scripted/busy", "Is over its provider's limit.");
  agent("cut", "scripted/cut", "Loses its provider in the middle of an answer.");
  agent("keyless", "refused/echo", "Its provider refuses the key.");
  agent("other", "scripted/echo", "Not for the narrow key.");
  const key = (name, ...args) => inglenook(["key", "create", name, ...args]).secret;
  return {
    INGLENOOK_HELLO_ID: ids.hello,
    INGLENOOK_PARROT_ID: ids.parrot,
    INGLENOOK_KEY_PYTHON: key("python"),
    INGLENOOK_KEY_NODE: key("node"),
    INGLENOOK_KEY_NARROW: key("narrow", "--agent", "parrot"),
    INGLENOOK_KEY_DOCUMENT: key("document", "--agent", "parrot", "--catch-all", "parrot"),
  };
}

function run(command, args, env) {
  const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  return once(child, "exit").then(([code]) => code ?? 1);
}

let failed = 0;
try {
  const env = {
    ...process.env,
    INGLENOOK_BASE_URL: await ready(),
    INGLENOOK_DATA_DIR: dataDir,
    SCRIPTED_PROVIDER: provider.baseUrl,
    PYTHONDONTWRITEBYTECODE: "1",
    // the clients must take everything from their arguments
    OPENAI_API_KEY: undefined,
    OPENAI_BASE_URL: undefined,
    ANTHROPIC_API_KEY: undefined,
    ANTHROPIC_AUTH_TOKEN: undefined,
    ...prepare(),
  };
  const node = ["--test", "--test-reporter=tap"];
  failed += await run(".venv/bin/python", ["-m", "pytest", "-p", "no:cacheprovider", "--color=no"], env);
  failed += await run(process.execPath, [...node, "openai.test.mjs", "openai-responses.test.mjs", "anthropic.test.mjs"], env);
  // it looks at what the others left
  failed += await run(process.execPath, [...node, "history.test.mjs"], env);
  // behind it, for what these ask is nobody's history: failures, and what a document allows
  failed += await run(process.execPath, [...node, "storm.test.mjs"], env);
  failed += await run("./openapi", [], env);
} finally {
  server.kill("SIGTERM");
  await gone;
  provider.close();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

// No failure of ours leads a client into a retry storm: how often each official client, with the retries it comes
// with, asks us for one failure, and how often its provider is asked then. The figures stand in docs/api.md.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { door as openDoor, FAILURES, isStreamed, provider as startProvider } from "./storm.mjs";

const { INGLENOOK_BIN, INGLENOOK_BASE_URL, INGLENOOK_DATA_DIR } = process.env;
const CLIENTS = ["openai-python", "openai-node", "anthropic-python", "anthropic-node", "ollama-python"];
// ours alone: no provider has a part in them
const REFUSALS = ["budget spent", "revoked key", "unknown key", "too many at once", "unknown model"];
// Requests of one call that may reach us. No client ignores our hints, so there is no exception.
const AT_US = 2;
// What a provider is asked for one call: by us three times at most, and once more for the client's own second try.
const AT_PROVIDER = 4;

let provider;
let door;
let holding;
const ended = new Map();

function inglenook(args, input) {
  const out = execFileSync(INGLENOOK_BIN, [...args, "--json", "--data-dir", INGLENOOK_DATA_DIR], { encoding: "utf8", input });
  return out.trim() === "" ? null : JSON.parse(out);
}

const nameOf = (kind, at, client) => `${kind}${at}-${client}`;

function prepare() {
  const key = (name, ...args) => inglenook(["key", "create", name, "--raw-models", ...args]).secret;
  const keys = Array.from(REFUSALS, () => key("storm"));
  keys[0] = key("storm-poor", "--budget-usd", "0.000001", "--per", "total");
  keys[1] = key("storm-revoked");
  inglenook(["key", "revoke", "storm-revoked"]);
  keys[2] = "sk-ink-0000000000000000000000000000000000000000";
  keys[3] = key("storm-single", "--concurrency", "1");
  const cases = [];
  const add = (name, path, key, client, stream, seconds = 20) => {
    const base = `${provider.origin}/${path}/${client}/v1`;
    inglenook(["provider", "add", name, "--wire", "openai-chat", "--base-url", base, "--no-key", "--timeout", String(seconds)]);
    cases.push({ name, client, key, model: `${name}/echo`, stream });
  };
  for (const client of CLIENTS) {
    Object.keys(FAILURES).forEach((failure, at) => {
      add(nameOf("f", at, client), `f${at}`, keys.at(-1), client, isStreamed(failure), failure === "timeout" ? 1 : 20);
    });
    REFUSALS.forEach((refusal, at) => {
      const name = nameOf("r", at, client);
      if (refusal === "unknown model") cases.push({ name, client, key: keys[at], model: `${name}/echo`, stream: false });
      else add(name, "well", keys[at], client, false);
    });
  }
  return { cases, single: keys[3] };
}

const says = [{ role: "user", content: "Hi" }];

async function ask({ client, key, model, stream }) {
  const answer =
    client === "openai-node"
      ? await new OpenAI({ baseURL: `${door.origin}/v1`, apiKey: key, timeout: 60_000 }).chat.completions.create({ model, messages: says, stream })
      : await new Anthropic({ baseURL: door.origin, apiKey: key, timeout: 60_000 }).messages.create({ model, max_tokens: 64, messages: says, stream });
  if (stream) for await (const _ of answer);
}

async function inNode(cases) {
  await Promise.all(
    cases.map(async (one) => {
      const began = Date.now();
      const end = await ask(one).then(
        () => ({ status: 200, error: null }),
        (error) => ({ status: error.status ?? null, error: error.constructor.name }),
      );
      ended.set(one.name, { ...end, seconds: (Date.now() - began) / 1000 });
    }),
  );
}

async function inPython(cases) {
  const python = spawn(".venv/bin/python", ["storm.py"], { stdio: ["pipe", "pipe", "inherit"] });
  python.stdin.end(JSON.stringify({ door: door.origin, cases }));
  let out = "";
  python.stdout.on("data", (piece) => (out += piece));
  await once(python, "close");
  for (const { name, ...end } of JSON.parse(out)) ended.set(name, end);
}

before(async () => {
  provider = await startProvider();
  door = await openDoor(INGLENOOK_BASE_URL.replace("/v1", ""));
  const { cases, single } = prepare();
  // somebody else holds the one place of that key for as long as it takes
  const name = "storm-holder";
  const timeouts = Object.keys(FAILURES).indexOf("timeout");
  inglenook(["provider", "add", name, "--wire", "openai-chat", "--base-url", `${provider.origin}/f${timeouts}/holder/v1`, "--no-key", "--timeout", "120"]);
  holding = new AbortController();
  const body = JSON.stringify({ model: `${name}/echo`, messages: says });
  const headers = { authorization: `Bearer ${single}`, "content-type": "application/json" };
  fetch(`${INGLENOOK_BASE_URL}/chat/completions`, { method: "POST", headers, body, signal: holding.signal }).catch(() => {});
  while (!provider.asked.has(`f${timeouts}-holder`)) await new Promise((resolve) => setTimeout(resolve, 10));
  const python = (one) => one.client.endsWith("python");
  await Promise.all([inPython(cases.filter(python)), inNode(cases.filter((one) => !python(one)))]);
});

after(() => {
  holding.abort();
  door.close();
  provider.close();
});

// how often a client asked us, and how often its provider was asked
const asked = (kind, at, client) => [door.knocks.get(nameOf(kind, at, client)) ?? 0, provider.asked.get(`f${at}-${client}`) ?? 0];

for (const [at, failure] of Object.keys(FAILURES).entries()) {
  test(`a provider's failure: ${failure}`, () => {
    for (const client of CLIENTS) {
      const [us, theirs] = asked("f", at, client);
      const end = ended.get(nameOf("f", at, client));
      assert.ok(end.error !== null && end.status !== 401, `${client} ${JSON.stringify(end)}`);
      assert.ok(us >= 1 && us <= AT_US, `${client} asked us ${us} times`);
      assert.ok(theirs >= 1 && theirs <= AT_PROVIDER, `${client}: its provider was asked ${theirs} times`);
    }
  });
}

for (const [at, refusal] of REFUSALS.entries()) {
  test(`a refusal of ours: ${refusal}`, () => {
    const status = [402, 401, 401, 429, 404][at];
    for (const client of CLIENTS) {
      const [us] = asked("r", at, client);
      assert.equal(ended.get(nameOf("r", at, client)).status, status, client);
      assert.ok(us >= 1 && us <= AT_US, `${client} asked us ${us} times`);
      assert.equal(provider.asked.get(`well-${client}`), undefined, "no provider hears of it");
    }
  });
}

test("the figures", (t) => {
  t.diagnostic(`| failure | ${CLIENTS.join(" | ")} |`);
  for (const [kind, names] of [["f", Object.keys(FAILURES)], ["r", REFUSALS]]) {
    for (const [at, name] of names.entries()) {
      const cell = (client) => {
        const [us, theirs] = asked(kind, at, client);
        return `${us} / ${kind === "f" ? theirs : 0} (${ended.get(nameOf(kind, at, client)).status ?? "-"})`;
      };
      t.diagnostic(`| ${name} | ${CLIENTS.map(cell).join(" | ")} |`);
    }
  }
});

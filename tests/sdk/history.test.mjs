// What the clients' calls left behind, asked for through the command line.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const { INGLENOOK_BIN, INGLENOOK_DATA_DIR, INGLENOOK_KEY_PYTHON } = process.env;

function inglenook(...args) {
  const out = execFileSync(INGLENOOK_BIN, [...args, "--json", "--data-dir", INGLENOOK_DATA_DIR], { encoding: "utf8" });
  assert.ok(!out.includes(INGLENOOK_KEY_PYTHON), "a secret is shown once");
  return JSON.parse(out);
}

test("the sessions of both programs are there, each with its key's name", () => {
  const { sessions } = inglenook("session", "list");
  const clients = new Set(sessions.map((session) => session.client));
  assert.ok(clients.has("python") && clients.has("node"), [...clients].join());
  assert.ok(sessions.some((session) => session.agent_slug === "parrot"));
});

test("what was said can be found and read again", () => {
  const hits = inglenook("session", "search", "polly");
  assert.ok(hits.length > 0);
  const shown = inglenook("session", "show", hits[0].session.id);
  const text = JSON.stringify(shown.messages);
  assert.ok(text.includes("You said: polly"));
});

test("tokens are summed for each key and each agent", () => {
  const { rows, total } = inglenook("usage", "--by", "key");
  for (const name of ["python", "node"]) {
    const row = rows.find((row) => row.group === name);
    assert.ok(row.calls > 5 && row.usage.input > 0 && row.usage.output > 0, JSON.stringify(row));
    // the scripted failures: broken, busy, cut
    assert.ok(row.failed >= 3, JSON.stringify(row));
  }
  assert.equal(total.usage.input, rows.reduce((sum, row) => sum + row.usage.input, 0));
  const parrot = inglenook("usage", "--by", "agent").rows.find((row) => row.group === "parrot");
  assert.ok(parrot.usage.cached_input >= 3 && parrot.usage.reasoning >= 2, JSON.stringify(parrot));
});

test("each call says how it ended", () => {
  const { calls } = inglenook("call", "list");
  const outcomes = new Set(calls.map((call) => JSON.stringify(call.outcome)));
  assert.ok(calls.every((call) => call.outcome !== null), "no call may be left open");
  assert.ok(outcomes.size > 1, [...outcomes].join());
});

// The way of somebody who starts the app for the first time, with nothing but the starter model: from the empty
// window to an agent that answers there and at the endpoint.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

let desk;
let browser;
let key;
before(async () => {
  desk = await Desk.make();
  browser = await desk.drive();
});
after(() => desk?.clear());

const status = () => browser.control("app.status");

async function call(path, body) {
  const { endpoint } = await status();
  return fetch(`${endpoint.base_url}${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
}

test("the first start shows the first steps", async () => {
  await browser.waitForText(/Where should answers come from/);
  assert.equal((await status()).first_run, true);
  const seen = await desk.photograph("first-steps");
  assert.ok(seen.colours > 50, `${seen.colours} colours are no page`);
});

test("the endpoint listens while the window is open", async () => {
  const { endpoint } = await status();
  assert.equal(endpoint.state, "listening");
  assert.equal((await fetch(endpoint.base_url.replace("/v1", "/health"))).status, 200);
  assert.equal((await fetch(`${endpoint.base_url}/models`)).status, 401);
});

test("an agent is made on the starter model", async () => {
  await browser.click("button", "^Continue$");
  await browser.waitForText(/What should your first agent do/);
  await browser.click("button", "^Create agent$");
  await browser.waitForText(/Say hello to/);
  const agents = await browser.control("agent.list");
  assert.equal(agents.length, 1);
  assert.match(agents[0].target, /^starter\//);
});

test("hello is answered, piece by piece", async () => {
  await browser.type("textbox", "^Message$", "Hello! Who are you?");
  // how long the answer was each time it changed
  await browser.run(`
    window.lengths = [];
    new MutationObserver(() => {
      const answer = document.querySelector("[aria-busy]");
      const length = answer?.innerText.length ?? 0;
      if (length > (window.lengths.at(-1) ?? 0)) window.lengths.push(length);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });`);
  await browser.click("button", "^Send$");
  await browser.waitForText(/Your endpoint is ready/, 90);
  const lengths = await browser.run("return window.lengths");
  assert.ok(lengths.length >= 3, `it grew in ${lengths.length} steps`);
  const seen = await desk.photograph("first-answer");
  assert.ok(seen.colours > 50);
});

test("a program gets a key and the same agent answers it", async () => {
  await browser.click("tab", "^curl$");
  await browser.click("button", "^Create key for curl$");
  key = (await browser.waitForText(/sk-ink-[A-Za-z0-9_-]+/))[0];

  const [agent] = await browser.control("agent.list");
  const models = await (await call("/models")).json();
  assert.ok(models.data.some((model) => model.id === agent.slug));

  const ask = { model: agent.slug, messages: [{ role: "user", content: "Say hello, please." }], max_tokens: 24 };
  const answer = await (await call("/chat/completions", ask)).json();
  assert.ok(answer.choices[0].message.content.trim(), JSON.stringify(answer));
  assert.ok(answer.usage.completion_tokens > 0);

  const stream = await (await call("/chat/completions", { ...ask, stream: true })).text();
  assert.ok(stream.split("\n\n").length > 4, stream);
  assert.ok(stream.trimEnd().endsWith("data: [DONE]"), stream);
  await browser.waitForText(/it works/);
  await browser.click("button", "^Go to the chat$");
});

test("the program's conversation stands beside the window's own", async () => {
  await browser.click("link", "^Chat");
  // a lone call has no better name than its time
  await browser.waitForText(/Call of \d+ \w+ \d{4}/);
  const { sessions } = await browser.control("session.list");
  assert.ok(sessions.some((session) => session.client === "curl"));
  assert.ok(sessions.some((session) => session.client === null));
  await desk.photograph("sessions");
});

test("the window follows the theme", async () => {
  const use = async (theme) => {
    await browser.control("settings.set", { theme });
    await until(() => browser.run("return document.documentElement.dataset.theme === arguments[0]", theme), theme);
    return desk.photograph(`chat-${theme}`);
  };
  const light = await use("light");
  const dark = await use("dark");
  assert.ok(light.colours > 50 && dark.colours > 50, "neither is blank");
  assert.ok(light.brightness > dark.brightness + 60, `${light.brightness} against ${dark.brightness}`);
});

test("the page holds no link that a click could follow out of the window", async () => {
  const links = await browser.run(
    "return [...document.querySelectorAll('a[href], area[href], form[action]')].map((e) => e.href || e.action).filter((url) => !url.startsWith('tauri://localhost/'))",
  );
  assert.deepEqual(links, []);
});

test("nothing of this left the machine", () => assert.deepEqual(desk.outside, []));

test("after a restart everything is still there", async () => {
  await browser.close();
  await desk.gone();
  browser = await desk.drive();
  // a lone call has no better name than its time
  await browser.waitForText(/Call of \d+ \w+ \d{4}/);
  assert.equal((await status()).first_run, false);
  assert.equal(await browser.run("return document.documentElement.dataset.theme"), "dark");
  assert.equal((await call("/models")).status, 200, "the key still opens the endpoint");
});

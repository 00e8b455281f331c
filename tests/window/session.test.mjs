// What the app does in the desktop's session beside its window: it tells of budgets, and starts at login.
import assert from "node:assert/strict";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";
import { NotificationService } from "./notices.mjs";

// A provider whose answers take a thousand tokens each.
async function startProvider() {
  const message = { role: "assistant", content: "ok" };
  const usage = { prompt_tokens: 500, completion_tokens: 500, total_tokens: 1000 };
  const answer = { id: "a", object: "chat.completion", created: 1, model: "m", usage };
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ ...answer, choices: [{ index: 0, message, finish_reason: "stop" }] }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test("a budget near its end is told of", async (t) => {
  let desk;
  let browser;
  let service;
  let provider;
  let key;
  before(async () => {
    desk = await Desk.make();
    // with a tray, closing the window hides it
    await desk.own("org.kde.StatusNotifierWatcher");
    service = await NotificationService.on(desk.bus);
    provider = await startProvider();
    browser = await desk.drive();
    const base_url = `http://127.0.0.1:${provider.address().port}/v1`;
    await browser.control("provider.add", { id: "p", kind: "custom", wire: "openai-chat", base_url, key: "sk-window-test" });
    await browser.control("price.set", { target: "p/m", input: 1_000_000, output: 1_000_000 });
    await browser.control("agent.create", { slug: "reviewer", name: "Reviewer", instructions: "", target: "p/m" });
    const budgets = [{ cap: 2_400, per: "total" }];
    ({ secret: key } = await browser.control("key.create", { name: "Ed & <b>Co</b>", budgets }));
  });
  after(async () => {
    service?.end();
    provider?.close();
    await desk?.clear();
  });

  const call = async () => {
    const { endpoint } = await browser.control("app.status");
    const answer = await fetch(`${endpoint.base_url}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "reviewer", max_tokens: 500, messages: [{ role: "user", content: "Hi" }] }),
    });
    return answer.status;
  };

  await t.test("by the desktop while the window is not looked at, with names as the text that they are", async () => {
    desk.closeWindow();
    await until(() => desk.windows().length === 0, "the window is hidden");
    assert.equal(await call(), 200);
    assert.equal(await call(), 200);
    const shown = await until(() => service.shown[0], "a notification");
    assert.equal(shown.program, "Inglenook");
    assert.equal(shown.title, "Budget nearly used up: Client key Ed & <b>Co</b>");
    assert.equal(shown.text, "$0.002 of $0.0024 · in total");
    assert.deepEqual(shown.actions, ["default", "Open Usage"]);
  });

  await t.test("a click on it opens the window at Usage", async () => {
    service.click();
    await desk.waitForWindow();
    await until(() => browser.run("return location.hash === '#/usage'"), "the window is at Usage");
    assert.equal(service.shown.length, 1, "and it was told once");
  });

  await t.test("by nobody but the window where that is wanted", async () => {
    await browser.control("settings.set", { notifications: "off" });
    await browser.control("key.update", { key: "Ed & <b>Co</b>", budgets: [{ cap: 3_700, per: "total" }] });
    assert.equal(await call(), 200);
    await browser.waitForText(/Budget nearly used up/);
    assert.equal(service.shown.length, 1);
  });
});

test("starting at login", async (t) => {
  let desk;
  let browser;
  const entry = () => {
    const directory = join(desk.home, ".config", "autostart");
    const found = existsSync(directory) ? desk.files(directory) : [];
    return found.map((name) => readFileSync(join(directory, name), "utf8"));
  };
  before(async () => {
    desk = await Desk.make();
    browser = await desk.drive();
  });
  after(() => desk?.clear());

  await t.test("is off until it is asked for, and then an entry of the session", async () => {
    assert.deepEqual(entry(), []);
    await browser.control("settings.set", { start_at_login: true });
    const [text] = await until(() => entry().length === 1 && entry(), "an entry");
    const binary = realpathSync(process.env.INGLENOOK_DESKTOP_BIN);
    assert.ok(text.split("\n").includes(`Exec="${binary}" "--hidden" "--data-dir" "${desk.dataDir}"`), text);
  });

  await t.test("ends with the setting", async () => {
    await browser.control("settings.set", { start_at_login: false });
    await until(() => entry().length === 0, "no entry");
  });
});

test("an app that starts hidden", async (t) => {
  await t.test("waits in the tray until it is asked for", async () => {
    const desk = await Desk.make();
    try {
      await desk.own("org.kde.StatusNotifierWatcher");
      const app = desk.start({}, "--hidden");
      const status = join(desk.dataDir, "inglenook.db");
      await until(() => existsSync(status), "the app has started");
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      assert.deepEqual(desk.windows(), []);
      assert.equal(await desk.start({}, "--hidden").ended, 0);
      assert.deepEqual(desk.windows(), [], "a second start at login shows nothing either");
      assert.equal(await desk.start().ended, 0);
      await desk.waitForWindow();
      assert.equal(app.exitCode, null, app.said);
    } finally {
      await desk.clear();
    }
  });

  await t.test("shows its window where there is no tray", async () => {
    const desk = await Desk.make();
    try {
      desk.start({}, "--hidden");
      await until(() => desk.windows()[0], "a visible window", 30);
    } finally {
      await desk.clear();
    }
  });
});

// Menus, sizes, saving and starting again, in the real window.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

test("menus", async (t) => {
  let desk;
  let browser;
  before(async () => {
    desk = await Desk.make();
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
  });
  after(() => desk?.clear());
  const height = () => browser.run("return innerHeight");
  const key = (...keys) => execFileSync("xdotool", ["key", "--clearmodifiers", ...keys]);

  await t.test("are hidden until F10 shows them, and then lead where they say", async () => {
    const before = await height();
    desk.activate();
    key("F10");
    await until(async () => (await height()) < before, "the page makes room for the menus");
    await desk.photograph("menus");
    // the second menu, "View": down to "Usage" (past the palette, the search and five screens), and choose it
    key("F10");
    await until(async () => (await height()) === before, "and they go again");
  });

  await t.test("an entry is chosen with the mouse", async () => {
    const before = await height();
    desk.activate();
    key("F10");
    await until(async () => (await height()) < before, "the menus are there");
    const [x, y] = desk.place();
    execFileSync("xdotool", ["mousemove", String(x + 70), String(y + 12), "click", "1"]);
    await desk.photograph("menu-view");
    // GTK's own keys inside an open menu: the letters of an entry's place
    key("Down", "Down", "Down", "Down", "Return");
    await until(async () => (await browser.run("return location.hash")) !== "#/chat", "another screen");
    assert.match(await browser.run("return location.hash"), /^#\/(agents|chat|providers)/);
    key("F10");
  });

  await t.test("in the language of the app", async () => {
    await browser.control("settings.set", { language: "de" });
    await until(async () => (await browser.run("return document.documentElement.lang")) === "de", "German");
    desk.activate();
    key("F10");
    await desk.photograph("menus-de");
    key("F10");
    await browser.control("settings.set", { language: "en" });
  });

  await t.test("a key does what it means once", async () => {
    await browser.run("location.hash = '#/chat'");
    const before = await browser.run("return history.length");
    desk.activate();
    key("ctrl+3");
    await until(async () => (await browser.run("return location.hash")) === "#/providers", "Providers");
    assert.equal((await browser.run("return history.length")) - before, 1);
  });

  await t.test("the page is shown larger and as it was, by keys", async () => {
    const before = await browser.run("return innerWidth");
    desk.activate();
    key("ctrl+plus");
    await until(async () => (await browser.run("return innerWidth")) < before, "larger");
    key("ctrl+0");
    await until(async () => (await browser.run("return innerWidth")) === before, "as it was");
  });

  await t.test("a text field's own menu cuts, copies and pastes", async () => {
    await browser.run("location.hash = '#/chat'; return 1");
    await browser.run("location.hash = '#/agents/new'");
    const field = await browser.run(`const field = document.querySelector("input, textarea");
      if (field === null) return null;
      const box = field.getBoundingClientRect();
      return [box.x + 20, box.y + box.height / 2, innerHeight];`);
    if (field !== null) {
      const [x, y] = desk.place();
      execFileSync("xdotool", ["mousemove", String(Math.round(x + field[0])), String(Math.round(y + field[1])), "click", "3"]);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await desk.photograph("field-menu");
    key("Escape");
  });
});

test("saving and starting again", async (t) => {
  let desk;
  let browser;
  before(async () => {
    desk = await Desk.make();
    mkdirSync(join(desk.home, "Downloads"));
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
  });
  after(() => desk?.clear());

  await t.test("a file is saved where downloads lie, and a second one beside it", async () => {
    await browser.run("location.hash = '#/usage'");
    for (const name of [/\.csv$/, /-2\.csv$/]) {
      await browser.click("button", "^Export");
      await browser.click("any", "^(Calls|Ledger|This table|Every).*", 5).catch(() => {});
      await until(() => saved().some((file) => name.test(file)), `a file like ${name}`);
    }
    const [file] = saved();
    assert.match(readFileSync(join(desk.home, "Downloads", file), "utf8"), /,/);
  });
  const saved = () => (existsSync(join(desk.home, "Downloads")) ? desk.files(join(desk.home, "Downloads")) : []);

  await t.test("it ends and starts again with another process", async () => {
    const before = desk.processes();
    await browser.run("window.__TAURI_INTERNALS__.invoke('restart')").catch(() => {});
    await until(() => desk.processes().some((pid) => !before.includes(pid)), "another process", 20);
    await until(() => before.every((pid) => !desk.processes().includes(pid)), "the first one is gone", 20);
    await desk.waitForWindow();
    const [pid] = desk.processes();
    process.kill(Number(pid), "SIGTERM");
  });
});

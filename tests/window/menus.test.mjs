// Menus, sizes, saving and starting again, in the real window.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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

  await t.test("are hidden until F10 shows them, and whatever is done beside them hides them", async () => {
    const before = await height();
    for (const leave of [() => key("Escape"), () => desk.click(400, 500)]) {
      await desk.activate();
      key("F10");
      await until(async () => (await height()) < before, "the page makes room for the menus");
      await desk.photograph("menus");
      await leave();
      await until(async () => (await height()) === before, "and they go again");
    }
  });

  await t.test("an entry leads where it says, and they go", async () => {
    const before = await height();
    await desk.activate();
    key("F10");
    await until(async () => (await height()) < before, "the menus are there");
    await desk.click(62, 12);
    await desk.photograph("menu-view");
    // past the palette, the search and the first screen
    key("Down", "Down", "Down", "Down", "Return");
    await until(async () => (await browser.run("return location.hash")) === "#/agents", "the agents");
    await until(async () => (await height()) === before, "and they go again");
  });

  await t.test("in the language of the app", async () => {
    await browser.control("settings.set", { language: "de" });
    await until(async () => (await browser.run("return document.documentElement.lang")) === "de", "German");
    await desk.activate();
    key("F10");
    await desk.photograph("menus-de");
    key("F10");
    await browser.control("settings.set", { language: "en" });
  });

  await t.test("a key does what it means once", async () => {
    await browser.run("location.hash = '#/chat'");
    const before = await browser.run("return history.length");
    await desk.activate();
    key("ctrl+3");
    await until(async () => (await browser.run("return location.hash")) === "#/providers", "Providers");
    assert.equal((await browser.run("return history.length")) - before, 1);
  });

  await t.test("the page is shown larger and as it was, by keys", async () => {
    const before = await browser.run("return innerWidth");
    await desk.activate();
    key("ctrl+plus");
    await until(async () => (await browser.run("return innerWidth")) < before, "larger");
    key("ctrl+0");
    await until(async () => (await browser.run("return innerWidth")) === before, "as it was");
  });

  await t.test("a text field has the system's own menu, which cuts, copies and pastes", async () => {
    await browser.run("location.hash = '#/chat'");
    await browser.find("textbox", "^Find a session");
    const box = () =>
      browser.run(`const field = document.querySelector("input");
        const { x, y, height } = field.getBoundingClientRect();
        return [Math.round(x + 60), Math.round(y + height / 2)];`);
    await browser.type("textbox", "^Find a session", "taken along");
    await browser.run("document.querySelector('input').select()");
    await desk.activate();
    await desk.click(...(await box()), 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await desk.photograph("field-menu");
    // the first entry of WebKit's own menu is "Cut"
    key("Down", "Return");
    await until(async () => (await browser.run("return document.querySelector('input').value")) === "", "it is cut");
    await desk.click(...(await box()), 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // of "Cut", "Copy" and "Paste" only the last can be done, and the others are passed over
    key("Down", "Return");
    await until(async () => (await browser.run("return document.querySelector('input').value")) === "taken along", "it is pasted", 5);
  });
});

test("beside text there is no menu at the pointer", async () => {
  const desk = await Desk.make();
  try {
    const browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    const taken = await browser.run(`
      const open = (target) => target.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
      return [open(document.body), open(document.querySelector("input"))];`);
    assert.deepEqual(taken, [false, true]);
  } finally {
    await desk.clear();
  }
});

test("saving and starting again", async (t) => {
  let desk;
  let browser;
  before(async () => {
    desk = await Desk.make();
    mkdirSync(join(desk.home, "Downloads"));
    mkdirSync(join(desk.home, ".config"));
    // how a desktop says where downloads lie
    writeFileSync(join(desk.home, ".config/user-dirs.dirs"), 'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n');
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
  });
  after(() => desk?.clear());

  const saved = () => desk.files(join(desk.home, "Downloads"));

  await t.test("a file is saved where downloads lie, and a second one beside it", async () => {
    await browser.run("location.hash = '#/usage'");
    for (const name of [/\.csv$/, /-2\.csv$/]) {
      await browser.click("button", "^Export");
      await browser.click("menuitem", "^Ledger");
      await until(() => saved().some((file) => name.test(file)), `a file like ${name}`);
    }
    const texts = saved().map((file) => readFileSync(join(desk.home, "Downloads", file), "utf8"));
    assert.equal(texts.length, 2);
    assert.equal(texts[0], texts[1]);
    assert.match(texts[0], /^[a-z_]+(,[a-z_]+)+/);
    await browser.waitForText(/Saved as .*-2\.csv/);
  });
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

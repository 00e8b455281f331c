// SEC-28 in the real window: a link that the system hands over reaches the app that runs, and waits to be looked at.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

const LINK = "inglenook://chat?text=Asked%20by%20%E2%80%AEa%20link.";

test("sec_28 a link is passed to the app that runs", async (t) => {
  let desk;
  let browser;
  before(async () => {
    desk = await Desk.make();
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
  });
  after(() => desk?.clear());

  await t.test("by a second start, which ends well, and it is shown whole", async () => {
    // as the system starts it: with the link and nothing else
    const second = desk.startBare([LINK], { INGLENOOK_DATA_DIR: desk.dataDir });
    assert.equal(await second.ended, 0, second.said);
    await browser.waitForText(/Write this message\?/);
    assert.match(await browser.text(), /Asked by U\+202Ea link\./);
    const focused = await browser.run("return document.activeElement.textContent");
    assert.equal(focused, "Cancel");
    await desk.photograph("link-review");
  });

  await t.test("its button waits, and Esc leaves everything as it was", async () => {
    await browser.press("\uE00C");
    await until(async () => (await browser.control("link.offered")) === null, "it is answered");
    assert.deepEqual((await browser.control("session.list", { limit: 5 })).sessions, []);
  });

  await t.test("more beside a link than the system gives is an ordinary mistake", async () => {
    const second = desk.startBare([LINK, "--data-dir", "/elsewhere"], { INGLENOOK_DATA_DIR: desk.dataDir });
    assert.equal(await second.ended, 2);
    assert.equal(await browser.control("link.offered"), null);
  });

  await t.test("and one that cannot be read is said to be", async () => {
    await desk.startBare(["inglenook://run?command=id"], { INGLENOOK_DATA_DIR: desk.dataDir }).ended;
    await browser.waitForText(/This link cannot be read/);
  });
});

test("sec_28 an app on another data directory leaves the system's links alone", async () => {
  const desk = await Desk.make();
  try {
    desk.start();
    await desk.waitForWindow();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(existsSync(join(desk.home, ".local/share/applications")), false);
  } finally {
    await desk.clear();
  }
});

test("sec_28 the app on the usual one opens them", async () => {
  const desk = await Desk.make();
  try {
    const app = desk.startBare(["--vault", "memory"]);
    await desk.waitForWindow();
    const directory = join(desk.home, ".local/share/applications");
    const name = await until(() => existsSync(directory) && desk.files(directory).find((one) => one.endsWith(".desktop")), "an entry");
    const entry = await until(() => {
      const text = readFileSync(join(directory, name), "utf8");
      return text.includes("MimeType") && text;
    }, "a whole entry");
    assert.match(entry, /^MimeType=x-scheme-handler\/inglenook/m);
    assert.match(entry, /^Exec="[^"]+" %u$/m);
    app.kill("SIGTERM");
    assert.equal(await app.ended, 0);
  } finally {
    await desk.clear();
  }
});

// What a model writes is untrusted (SEC-22, SEC-23, SEC-27), in the real window too: all that the tests in Chromium show
// is shown here to WebKit under the shell's own policy, as it is streamed and then at once, and nothing runs or leaves.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ANSWERS, PAYLOADS, pieces } from "../untrusted/payloads.mjs";
import { provoke, rendered, watch } from "../untrusted/watch.mjs";
import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";
import { Provider } from "./provider.mjs";

const NOTHING = { unsafe: [], fired: [], refused: [], fetched: [] };

test(`sec_22 none of ${PAYLOADS.length} payloads runs or leaves the real window`, async (t) => {
  let desk;
  let browser;
  let provider;
  before(async () => {
    provider = await Provider.start();
    desk = await Desk.make();
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    await provider.serve(browser);
  });
  after(async () => {
    await desk?.clear();
    provider?.close();
  });

  const answer = () => browser.run(`return (${rendered})()`);
  const seen = async () => {
    const { looked, ...found } = await browser.run(`
      const { unsafe, fired, refused, looked } = window;
      const own = /^(tauri|ipc|data|blob):|^http:\\/\\/ipc\\.localhost\\//;
      const fetched = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => !own.test(name));
      return { unsafe, fired, refused, looked, fetched };`);
    // an empty look would prove nothing
    assert.ok(looked > 20, `${looked} elements were looked at`);
    return found;
  };
  // drawings and formulas come with a chunk of their own
  const drawn = (what) =>
    until(
      () => browser.run("const all = document.querySelectorAll('article[data-state]'); return all.length === 1 && all[0].dataset.state === 'complete' && all[0].querySelector('[aria-busy=true]') === null && all[0].querySelector('.prose') !== null"),
      what,
      60,
      () => browser.text(),
    );

  for (const [at, text] of ANSWERS.entries()) {
    await t.test(`answer ${at + 1} of ${ANSWERS.length}`, async () => {
      Object.assign(provider, { pieces: pieces(text, at + 1), pace: 1 });
      await browser.run(`(${watch})(); location.hash = '#/chat?fresh=${at + 1}'`);
      await until(() => browser.run("return document.querySelectorAll('article[data-state]').length === 0"), "a new session");
      await browser.type("textbox", "^Message$", `Payloads ${at}`);
      await browser.press("\uE007");
      await drawn(`answer ${at} is streamed`);
      await new Promise((resolve) => setTimeout(resolve, 120));
      const streamed = await answer();
      assert.deepEqual(await seen(), NOTHING, "while it is streamed");

      // in a page that knows nothing of it, and that was watched before it shows it
      const session = await until(() => browser.run("return /^#\\/chat\\/[^?]+/.exec(location.hash)?.[0]"), "its session");
      await browser.run("window.old = true; location.hash = '#/usage'");
      await until(() => browser.run("return document.querySelector('article[data-state]') === null"), "another screen");
      await browser.run("location.reload()");
      await until(() => browser.run("return window.old === undefined && document.querySelector('main') !== null"), "the page anew");
      await browser.run(`(${watch})(); location.hash = arguments[0]`, session);
      await drawn(`answer ${at} is shown`);
      await until(async () => (await answer()) === streamed, "the same as it was streamed", 15, async () => `${streamed}\n---\n${await answer()}`);
      assert.deepEqual(await seen(), NOTHING, "at once");
    });
  }

  await t.test("nothing of this left the machine", () => assert.deepEqual(desk.outside, []));

  await t.test("and whatever had run or left would have been seen", async () => {
    await browser.run(`(${provoke})()`);
    await until(async () => (await browser.run("return window.refused.length")) > 0, "what the policy refuses");
    const { unsafe, fired, refused } = await seen();
    assert.equal(unsafe.length, 2, `${unsafe}`);
    assert.deepEqual(fired, ["alert 1"]);
    assert.match(refused[0], /^script-src/);
    // WebKit connects to a clicked link's host before it asks whether to go there
    await browser.run("const a = Object.assign(document.createElement('a'), { href: 'https://trap.invalid/' }); document.body.append(a); a.click(); a.remove()");
    await until(() => desk.outside.some((address) => address.includes("trap.invalid")), "the proxy sees it");
  });
});

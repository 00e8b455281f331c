// What a model writes is untrusted (SEC-22, SEC-23, SEC-27): whatever it is and however it is cut into pieces, nothing runs,
// nothing is fetched, and no dangerous element exists even for a moment.

import type { Page } from "@playwright/test";
import { ANSWERS, PAYLOADS, pieces } from "../../untrusted/payloads.mjs";
import { provoke, rendered, watch as keepWatch } from "../../untrusted/watch.mjs";
import { expect, makeAgent, open, say, test } from "../support/test.ts";

declare global {
  interface Window {
    unsafe: string[];
    looked: number;
    fired: string[];
    refused: string[];
  }
}

/** Watches every state of the page, from before its first script on. */
const watch = (page: Page) => page.addInitScript(keepWatch);

test(`nothing of ${PAYLOADS.length} payloads runs, is fetched, or differs between streamed and whole`, async ({ page, app, provider, ready, strayed, expectedErrors }) => {
  test.setTimeout(420_000);
  await watch(page);
  await open(page, app);
  const answerNow = () => page.evaluate(rendered);
  // each load of the page begins a list of its own; an empty look would prove nothing
  const nothingUnsafe = async (what: string) => {
    const { looked, ...seen } = await page.evaluate(() => ({ unsafe: window.unsafe, fired: window.fired, refused: window.refused, looked: window.looked }));
    expect(seen, what).toEqual({ unsafe: [], fired: [], refused: [] });
    expect(looked, what).toBeGreaterThan(20);
  };
  for (const [at, text] of ANSWERS.entries()) {
    provider.say = () => ({ pieces: pieces(text, at + 1), pace: 1 });
    await page.keyboard.press("Control+n");
    await say(page, `Payloads ${at}`);
    const answer = page.getByRole("article", { name: "Answer" });
    await expect(answer).toHaveAttribute("data-state", "complete", { timeout: 60_000 });
    // formulas and diagrams come with a chunk of their own
    await expect(answer.locator("[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });
    await page.waitForTimeout(120);
    const streamed = await answerNow();
    await nothingUnsafe(`streaming payloads ${at}`);
    // a look at it afresh: the same text, at once
    await page.reload();
    await expect(answer).toHaveAttribute("data-state", "complete");
    await expect.poll(answerNow, `payloads ${at}`).toBe(streamed);
    await nothingUnsafe(`payloads ${at} at once`);
  }
  // the watch can see, also what is there for a moment only
  expectedErrors.push(/Content Security Policy/);
  await page.evaluate(provoke);
  await expect.poll(() => page.evaluate(() => [window.unsafe.length, window.fired, window.refused.length])).toEqual([2, ["alert 1"], 1]);
  expect(strayed).toEqual([]);
});

test("links have no address in the page and open only after the whole address was shown", async ({ page, app, provider, ready }) => {
  provider.say = () => ({
    pieces: ["[the docs](https://docs.example/path?with=query#part) [bad](javascript:alert(1)) ![a cat](https://images.example/cat.png)"],
  });
  await open(page, app);
  await say(page, "Links?");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer.getByText("bad", { exact: true })).toBeVisible();
  await expect(answer.locator("a, img, [href], [src]")).toHaveCount(0);
  await expect(answer).toContainText("Image: a cat");
  await answer.getByRole("button", { name: "the docs" }).click();
  await expect(page.getByTestId("link-address")).toHaveText("https://docs.example/path?with=query#part");
  await page.keyboard.press("Escape");
  await answer.getByRole("button", { name: "Show address" }).click();
  await expect(page.getByTestId("image-address")).toHaveText("https://images.example/cat.png");
  await page.getByRole("button", { name: "Open in the browser" }).click();
  await expect(page.getByTestId("link-address")).toHaveText("https://images.example/cat.png");
});

test("names are text wherever they appear", async ({ page, app, provider, ready }) => {
  const nasty = `<img src=x onerror=alert(1)> "'><b>x</b>`;
  await watch(page);
  await makeAgent(app, "nasty", nasty, { instructions: nasty });
  const { secret } = await app.control<{ secret: string }>("key.create", { name: nasty });
  provider.models = ["gpt-4o-mini", nasty];
  await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "nasty", messages: [{ role: "user", content: nasty }] }),
  });
  await open(page, app);
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(page.getByRole("article", { name: "You" })).toContainText(nasty);
  for (const at of ["/agents", "/connect", "/activity", "/usage", "/providers", "/settings", "/chat"]) {
    await page.evaluate((route) => { location.hash = route; }, at);
    await page.waitForTimeout(300);
    await expect(page.locator("#root img, #root b")).toHaveCount(0);
  }
  expect(await page.evaluate(() => window.unsafe)).toEqual([]);
});

// What a model writes is untrusted (SEC-22, SEC-23, SEC-27): whatever it is and however it is cut into pieces, nothing runs,
// nothing is fetched, and no dangerous element exists even for a moment.

import type { Page } from "@playwright/test";
import { PAYLOADS } from "../support/payloads.ts";
import { expect, makeAgent, open, say, test } from "../support/test.ts";

declare global {
  interface Window {
    unsafe: string[];
    looked: number;
  }
}

/** Watches every state of the page, from before its first script on. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.unsafe = [];
    window.looked = 0;
    const ELEMENTS = /^(script|iframe|frame|object|embed|base|meta|link|img|image|picture|source|video|audio|track|applet|portal|marquee|math)$/i;
    // a diagram is an image of ours, in which nothing is alive; formulas are made of elements without addresses
    const drawing = (el: Element) =>
      el.tagName === "IMG" &&
      [...el.attributes].every(({ name, value }) => name !== "src" || value.startsWith("data:image/svg+xml,")) &&
      !el.hasAttribute("srcset");
    const formula = (el: Element) => /^(math|svg)$/i.test(el.tagName) && el.closest(".katex") !== null;
    const look = (el: Element) => {
      window.looked += 1;
      const say = (what: string) => window.unsafe.push(`${what}: ${el.outerHTML.slice(0, 160)}`);
      if (ELEMENTS.test(el.tagName) && !drawing(el) && !formula(el)) say("element");
      // the icons are ours; markdown never makes svg
      if (el.tagName.toLowerCase() === "svg" && !el.classList.contains("lucide") && !formula(el)) say("svg");
      if (el.tagName === "STYLE" || el.tagName === "FORM") say("element");
      for (const { name, value } of el.attributes) {
        if (/^on/i.test(name)) say("handler");
        if (/^(href|src|srcset|action|formaction|ping|background|poster|data|xlink:href|srcdoc)$/i.test(name) && !drawing(el)) say(`address ${name}=${value}`);
        if (name === "style" && /url\(|expression\(|@import/i.test(value)) say("style");
      }
    };
    // what is added is looked at by where it was added, also when it is gone again by now
    const check = (root: Node, place: Node | null) => {
      if (!(root instanceof Element)) return;
      const inside = place instanceof Element && place.closest("[role=log]") !== null;
      for (const el of inside ? [root, ...root.querySelectorAll("*")] : root.querySelectorAll("[role=log] *")) look(el);
    };
    new MutationObserver((records) => {
      for (const record of records) {
        if (record.type === "attributes") check(record.target, record.target);
        for (const node of record.addedNodes) check(node, record.target);
      }
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
}

/** Cuts a text into pieces of uneven length, the same for the same seed. */
function pieces(text: string, seed: number): string[] {
  const out: string[] = [];
  let state = seed;
  for (let at = 0; at < text.length; ) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const size = 1 + (state % 9);
    out.push(text.slice(at, at + size));
    at += size;
  }
  return out;
}

const SIZE = 24;
const answers: string[] = [];
for (let at = 0; at < PAYLOADS.length; at += SIZE) answers.push(PAYLOADS.slice(at, at + SIZE).join("\n\n"));

test(`nothing of ${PAYLOADS.length} payloads runs, is fetched, or differs between streamed and whole`, async ({ page, app, provider, ready, strayed }) => {
  test.setTimeout(420_000);
  await watch(page);
  await open(page, app);
  // what a drawing looks like inside depends on the day and on chance; that it is one does not
  const rendered = () => page.getByRole("article", { name: "Answer" }).last().locator(".prose").innerHTML().then((html) => html.replaceAll(/ id="base-ui-[^"]*"/g, "").replaceAll(/<img [^>]*src="data:image\/svg\+xml,[^>]*>/g, "<drawing>"));
  // each load of the page begins a list of its own; an empty look would prove nothing
  const nothingUnsafe = async (what: string) => {
    const seen = await page.evaluate(() => ({ unsafe: window.unsafe, looked: window.looked }));
    expect(seen.unsafe, what).toEqual([]);
    expect(seen.looked, what).toBeGreaterThan(20);
  };
  for (const [at, text] of answers.entries()) {
    provider.say = () => ({ pieces: pieces(text, at + 1), pace: 1 });
    await page.keyboard.press("Control+n");
    await say(page, `Payloads ${at}`);
    const answer = page.getByRole("article", { name: "Answer" });
    await expect(answer).toHaveAttribute("data-state", "complete", { timeout: 60_000 });
    // formulas and diagrams come with a chunk of their own
    await expect(answer.locator("[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });
    await page.waitForTimeout(120);
    const streamed = await rendered();
    await nothingUnsafe(`streaming payloads ${at}`);
    // a look at it afresh: the same text, at once
    await page.reload();
    await expect(answer).toHaveAttribute("data-state", "complete");
    await expect.poll(rendered, `payloads ${at}`).toBe(streamed);
    await nothingUnsafe(`payloads ${at} at once`);
  }
  // the watch can see, also what is there for a moment only
  await page.evaluate(() => {
    for (const tag of ["form", "video"]) {
      const el = document.createElement(tag);
      document.querySelector("[role=log]")?.append(el);
      el.remove();
    }
  });
  expect(await page.evaluate(() => window.unsafe)).toHaveLength(2);
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

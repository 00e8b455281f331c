// An answer with formulas, code and a diagram in WebKit: they are drawn, and the page's policy has nothing to refuse.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

const ANSWER = [
  "The roots of $ax^2 + bx + c = 0$ are:\n\n",
  "$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}$$\n\n",
  "```mermaid\nflowchart LR\n  A[Editor] --> B{Inglenook}\n  B --> C[Agent]\n  B --> D[Ledger]\n```\n\n",
  "```python\ndef roots(a, b, c):\n    return (b * b - 4 * a * c) ** 0.5\n```\n\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\nThat is all.",
];

// A provider that streams the answer.
async function startProvider() {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const chunk = (delta, finish_reason = null) =>
        response.write(`data: ${JSON.stringify({ id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
      chunk({ role: "assistant", content: "" });
      for (const content of ANSWER) chunk({ content });
      chunk({}, "stop");
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test("formulas and diagrams are drawn in the real window", async (t) => {
  let desk;
  let browser;
  let provider;
  before(async () => {
    desk = await Desk.make();
    provider = await startProvider();
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    const base_url = `http://127.0.0.1:${provider.address().port}/v1`;
    await browser.control("provider.add", { id: "p", kind: "custom", wire: "openai-chat", base_url, key: "sk-window-test" });
    await browser.control("agent.create", { slug: "teacher", name: "Teacher", instructions: "", target: "p/m" });
    await browser.run(`
      window.blocked = [];
      document.addEventListener("securitypolicyviolation", (event) => window.blocked.push(event.effectiveDirective + " " + event.blockedURI));
      window.complaints = [];
      for (const name of ["error", "warn"]) {
        const say = console[name];
        console[name] = (...words) => { window.complaints.push(words.map(String).join(" ")); say.apply(console, words); };
      }
      window.addEventListener("error", (event) => window.complaints.push(String(event.message)));`);
  });
  after(async () => {
    provider?.close();
    await desk?.clear();
  });

  await t.test("the answer has both, and they have a size", async () => {
    await browser.run("location.hash = '#/chat'");
    await browser.type("textbox", "^Message$", "How do I solve it?");
    await browser.press("\uE007");
    await browser.waitForText(/That is all\./, 30);
    const drawn = () =>
      browser.run(`
        const box = (node) => node === null ? null : (({ width, height }) => [width, height])(node.getBoundingClientRect());
        const image = [...document.querySelectorAll("article img")].find((one) => one.complete && one.naturalWidth > 0) ?? null;
        return {
          inline: box(document.querySelector("article .katex")),
          display: box(document.querySelector("article .katex-display")),
          fraction: box(document.querySelector("article .katex-display .mfrac")),
          diagram: box(image),
          code: document.querySelectorAll("article pre span[style], article pre span[class]").length,
        };`);
    const seen = await until(async () => {
      const now = await drawn();
      return now.diagram !== null && now.fraction !== null && now.code > 3 && now;
    }, "formula, diagram and code", 30, async () => JSON.stringify(await drawn()) + (await browser.run("return document.querySelector('article:last-of-type')?.innerHTML.slice(0, 4000)")));
    for (const name of ["inline", "display", "fraction"]) {
      assert.ok(seen[name][0] > 8 && seen[name][1] > 8, `${name} ${seen[name]}`);
    }
    assert.ok(seen.diagram[0] > 150 && seen.diagram[1] > 40, `${seen.diagram}`);
    await desk.photograph("formulas-and-diagram");
  });

  await t.test("the formula is set in its own letters", async () => {
    const loaded = await browser.runAsync(
      "const done = arguments[0]; document.fonts.ready.then(() => done([...document.fonts].filter((font) => font.status === 'loaded').map((font) => font.family)))",
    );
    assert.ok(loaded.some((family) => /KaTeX_Math/.test(family)), `${loaded}`);
  });

  await t.test("nothing was refused, complained of or fetched", async () => {
    assert.deepEqual(await browser.run("return window.blocked"), []);
    const complaints = await browser.run("return window.complaints");
    // WebKit's way of saying that a list was measured once more in the next frame
    const known = "ResizeObserver loop completed with undelivered notifications.";
    assert.deepEqual(complaints.filter((text) => text !== known), []);
    assert.deepEqual(desk.outside, []);
  });

  await t.test("and in the dark it is drawn too", async () => {
    await browser.control("settings.set", { theme: "dark" });
    await until(async () => (await browser.run("return document.documentElement.dataset.theme")) === "dark", "the dark theme");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await desk.photograph("formulas-and-diagram-dark");
  });
});

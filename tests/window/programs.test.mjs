// The app's promise, by hand: an agent made in the editor and a key made in the window are enough for a program that knows
// nothing but the OpenAI SDK, and the person sees it call as it happens. On the starter model, with the SDK of tests/sdk.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

const { OpenAI } = createRequire(new URL("../sdk/package.json", import.meta.url))("openai");

test("a program calls an agent of the window and is seen", async (t) => {
  let desk;
  let browser;
  let client;
  before(async () => {
    desk = await Desk.make();
    browser = await desk.drive();
    // the first of the first steps gives it the model, and the person makes the agent elsewhere
    await browser.click("button", "^Continue$");
    await browser.waitForText(/What should your first agent do/);
    await browser.click("button", "^Skip setup$");
  });
  after(() => desk?.clear());

  const rows = () => browser.run("return [...document.querySelectorAll('[data-call]')].map((row) => row.innerText.replaceAll(/\\s+/g, ' '))");
  // what the topmost row has said, each time that it changed
  const watchRows = () =>
    browser.run(`
      window.told = [];
      new MutationObserver(() => {
        const text = document.querySelector("[data-call]")?.innerText.replaceAll(/\\s+/g, " ") ?? "";
        if (text !== window.told.at(-1)) window.told.push(text);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });`);
  const seenRunning = async () => {
    const told = await browser.run("return window.told");
    const running = told.findIndex((text) => /running/.test(text));
    assert.ok(running >= 0 && told.slice(running).some((text) => /answered/.test(text)), `it was seen while it ran:\n${told.join("\n")}`);
  };
  const ended = async (count, usage) => {
    await until(async () => (await rows()).length === count && /answered/.test((await rows())[0]), "the call has ended", 30, async () => (await rows()).join("\n"));
    const [row] = await rows();
    assert.match(row, /answered.*SDK script.*greeter/);
    assert.ok(row.includes(`${usage.prompt_tokens} + ${usage.completion_tokens}`), `${row} against ${JSON.stringify(usage)}`);
  };

  await t.test("the agent is made in the editor", async () => {
    await browser.click("link", "^Agents$");
    await browser.click("button", "^Begin empty$");
    await browser.type("textbox", "^Name$", "Greeter");
    await browser.type("textbox", "^Short name$", "greeter");
    await browser.type("textbox", "^Instructions$", "You greet people in one friendly sentence.");
    await browser.click("button", "^Create agent$");
    await browser.find("heading", "^Greeter$");
    const [agent] = await browser.control("agent.list");
    assert.equal(agent.slug, "greeter");
    assert.match(agent.target, /^starter\//);
    assert.equal(agent.instructions, "You greet people in one friendly sentence.");
  });

  await t.test("the key is made in Connect, for that agent alone", async () => {
    await browser.click("link", "^Connect$");
    await browser.click("button", "^New key$");
    await browser.type("textbox", "^Program$", "SDK script");
    await browser.run("[...document.querySelectorAll('[role=dialog] label')].find((label) => label.textContent.trim() === 'Greeter').control.click()");
    await browser.click("button", "^Create key$");
    const secret = await until(() => browser.run("return document.querySelector('[data-testid=secret] code')?.textContent.trim()"), "the secret");
    assert.match(secret, /^sk-ink-[\w-]+$/);
    await browser.click("button", "^Done$");
    await until(() => browser.run("return document.querySelector('[role=dialog]') === null"), "the dialog is gone");
    const { endpoint } = await browser.control("app.status");
    client = new OpenAI({ baseURL: endpoint.base_url, apiKey: secret, maxRetries: 0, timeout: 120_000 });
    assert.deepEqual((await client.models.list()).data.map(({ id }) => id), ["greeter"]);
  });

  await t.test("a streamed call stands in Activity while it runs, and then with its end", async () => {
    await browser.click("link", "^Activity$");
    await browser.waitForText(/No calls yet/);
    await watchRows();
    const stream = await client.chat.completions.create({
      model: "greeter",
      messages: [{ role: "user", content: "Tell me a long story of a fire." }],
      max_tokens: 60,
      stream: true,
      stream_options: { include_usage: true },
    });
    let [pieces, usage] = [0, null];
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) pieces += 1;
      usage = chunk.usage ?? usage;
    }
    assert.ok(pieces > 1, "one piece is not a stream");
    await ended(1, usage);
    await seenRunning();
  });

  await t.test("one that is answered whole stands above it, and while it runs too", async () => {
    await watchRows();
    const answer = await client.chat.completions.create({ model: "greeter", messages: [{ role: "user", content: "Tell me a long story of the sea." }], max_tokens: 60 });
    assert.ok(answer.choices[0].message.content.trim());
    await ended(2, answer.usage);
    await seenRunning();
    await desk.photograph("program-in-activity");
  });

  await t.test("nothing of this left the machine", () => assert.deepEqual(desk.outside, []));
});

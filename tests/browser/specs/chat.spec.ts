import { words } from "../support/provider.ts";
import { answerTo, expect, open, say, test } from "../support/test.ts";

const LONG = Array.from({ length: 60 }, (_, n) => `Sentence number ${n} of a long answer.`).join(" ");

test("an answer streams, is stopped with Esc, and is kept; then it is answered anew beside the old one", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(LONG), pace: 25 });
  await open(page, app);
  await say(page, "Tell me something long.");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("Sentence number 2");
  await expect(answer).toHaveAttribute("aria-busy", "true");
  await page.keyboard.press("Escape");
  await expect(answer).toHaveAttribute("data-state", "stopped");
  const kept = await answer.locator(".prose").innerText();
  expect(kept).toContain("Sentence number 2");
  expect(kept).not.toContain("Sentence number 59");
  await expect.poll(() => provider.dropped, "the provider's connection is given up").toBe(1);

  provider.say = () => ({ pieces: words("A short one.") });
  await page.getByRole("button", { name: "Regenerate", exact: true }).click();
  await expect(answer).toContainText("A short one.");
  await expect(answer).toHaveAttribute("data-state", "complete");
  await expect(answer).toContainText("2/2");
  await page.getByRole("button", { name: "Earlier version" }).click();
  await expect(answer).toContainText("Sentence number 2");
  await page.reload();
  await expect(answer).toContainText("1/2");
});

test("who hears the window is told that an answer began and how it ended, and nothing between", async ({ page, app, provider, ready }) => {
  await open(page, app);
  await say(page, "Hello?");
  await expect(page.getByRole("article", { name: "Answer" })).toHaveAttribute("data-state", "complete");
  const aloud = page.getByTestId("aloud");
  await expect(aloud).toHaveRole("status");
  await aloud.evaluate((element) => {
    const told: string[] = [];
    (window as unknown as { told: string[] }).told = told;
    new MutationObserver(() => told.push(element.textContent ?? "")).observe(element, { childList: true, characterData: true, subtree: true });
  });
  const told = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
  provider.say = () => ({ pieces: words("It is **so**. And here is why, at some length."), pace: 25 });
  await say(page, "Is it so?");
  const answer = answerTo(page, "Is it so?");
  await expect(answer).toHaveAttribute("data-state", "complete");
  await expect(answer.getByTestId("receipt")).toBeVisible();
  expect(await told()).toEqual(["An answer is being written", "Answer finished: It is so."]);

  provider.say = () => ({ pieces: words(LONG), pace: 25 });
  await say(page, "Tell me more.");
  await expect(answerTo(page, "Tell me more.")).toContainText("Sentence number 1");
  await page.keyboard.press("Escape");
  await expect(aloud).toHaveText("Stopped");
  expect((await told()).slice(2)).toEqual(["An answer is being written", "Stopped"]);
  // a refusal may come before the answer was ever seen to grow
  provider.say = () => ({ pieces: [], status: 400 });
  await say(page, "And this?");
  await expect(aloud).toHaveText("Failed");
  expect((await told()).filter((said) => said === "Failed")).toHaveLength(1);
  // nothing else speaks while an answer is written
  await expect(page.getByRole("log")).toHaveAttribute("aria-live", "off");
  await expect(page.getByRole("log").getByRole("status")).toHaveCount(0);
});

test("a reload in the middle of an answer loses and doubles nothing (REL-30)", async ({ page, app, provider, ready }) => {
  const text = Array.from({ length: 160 }, (_, n) => `w${n}`).join(" ");
  provider.say = () => ({ pieces: words(text), pace: 25 });
  await open(page, app);
  await say(page, "Count.");
  const answer = page.getByRole("article", { name: "Answer" });
  for (const seen of ["w15", "w50", "w90"]) {
    await expect(answer).toContainText(seen);
    await page.reload();
  }
  await expect(answer).toHaveAttribute("data-state", "complete", { timeout: 20_000 });
  expect((await answer.locator(".prose").innerText()).trim()).toBe(text);
  expect(provider.asked).toHaveLength(1);
});

test("a receipt says what it took", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words("Yes."), usage: { prompt_tokens: 1000, completion_tokens: 500 } });
  await open(page, app);
  await say(page, "Is it so?");
  // gpt-4o-mini: 0.15 and 0.60 dollars per million
  await expect(page.getByTestId("receipt")).toContainText("1,000 + 500 tokens");
  await expect(page.getByTestId("receipt")).toContainText("$0.00045");
  await expect(page.getByTestId("session-facts")).toContainText("1.5K tokens · $0.00045");
});

test("a message is edited and answered anew on a branch, also the first one", async ({ page, app, provider, ready }) => {
  provider.say = (asked) => ({ pieces: [`You said: ${asked.messages.at(-1)?.content}`] });
  await open(page, app);
  await say(page, "first wording");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("You said: first wording");
  // ↑ in the empty field edits the last message
  await page.getByRole("textbox", { name: "Message", exact: true }).press("ArrowUp");
  const editor = page.getByRole("textbox", { name: "Edit and regenerate" });
  await expect(editor).toHaveValue("first wording");
  await editor.fill("second wording");
  await editor.press("Enter");
  await expect(answer).toContainText("You said: second wording");
  const own = page.getByRole("article", { name: "You" });
  await expect(own).toContainText("2/2");
  await own.getByRole("button", { name: "Earlier version" }).click();
  await expect(answer).toContainText("You said: first wording");
  expect(provider.asked[1]?.messages.filter((message) => message.role === "user")).toHaveLength(1);
});

test("what is edited and sent while the answer is being written goes once it is there, and once", async ({ page, app, provider, ready }) => {
  let go = () => {};
  const ended = new Promise<void>((done) => (go = done));
  provider.say = ({ messages }) => {
    const said = String(messages.at(-1)?.content);
    return { pieces: [`You said: ${said}`], after: said === "first wording" ? ended : undefined };
  };
  await open(page, app);
  await say(page, "first wording");
  await expect.poll(() => provider.asked.length).toBe(1);
  await page.getByRole("textbox", { name: "Message", exact: true }).press("ArrowUp");
  const editor = page.getByRole("textbox", { name: "Edit and regenerate" });
  await editor.fill("second wording");
  await editor.press("Enter");
  await editor.press("Enter");
  const send = page.locator("form").getByRole("button", { name: "Send" });
  await expect(send).toHaveAttribute("aria-busy", "true");
  // who goes on writing has taken it back
  await editor.press("End");
  await editor.pressSequentially("!");
  await expect(send).toBeEnabled();
  await editor.press("Enter");
  expect(provider.asked).toHaveLength(1);
  go();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("You said: second wording!");
  await expect(page.getByRole("article", { name: "You" })).toContainText("2/2");
  expect(provider.asked).toHaveLength(2);
});

test("a failure says what happened and can be tried again", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: [], status: 400 });
  await open(page, app);
  await say(page, "Hello?");
  await expect(page.getByRole("alert")).toBeVisible();
  provider.say = () => ({ pieces: ["Here again."] });
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Here again.");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("drafts are kept for each session", async ({ page, app, ready }) => {
  await open(page, app);
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await say(page, "hello");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Hello there.");
  await field.fill("half a thought");
  await page.keyboard.press("Control+n");
  await expect(field).toHaveValue("");
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(field).toHaveValue("half a thought");
  await page.reload();
  await expect(field).toHaveValue("half a thought");
});

test("Enter counts in the first moment too, before the agents are there", async ({ page, app, ready }) => {
  let arrive = () => {};
  const late = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route("**/control", async (route) => {
    if (route.request().postDataJSON()?.command === "agent.list") await late;
    await route.continue();
  });
  await open(page, app);
  await say(page, "hello");
  await expect(page.getByRole("textbox", { name: "Message", exact: true })).toHaveValue("hello");
  arrive();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Hello there.");
});

test("a session is renamed, deleted and brought back", async ({ page, app, ready }) => {
  await open(page, app);
  await say(page, "hello");
  await expect(page.getByTestId("receipt")).toBeVisible();
  const list = page.getByRole("complementary", { name: "Sessions" });
  await page.getByRole("button", { name: "Session", exact: true }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Rename" }).fill("A better name");
  await page.keyboard.press("Enter");
  await expect(list.getByRole("link", { name: /A better name/ })).toBeVisible();
  await page.getByRole("button", { name: "Session", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(list.getByRole("link")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(list.getByRole("link", { name: /A better name/ })).toBeVisible();
  await expect(page.getByRole("heading", { name: "A better name" })).toBeVisible();
});

test("reading further up, the view stays where it is while the answer grows", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(`${LONG}\n\n${LONG}\n\n${LONG}`) });
  await open(page, app);
  await say(page, "First.");
  await expect(page.getByTestId("receipt")).toBeVisible();
  provider.say = () => ({ pieces: words(`${LONG}\n\n${LONG}\n\n${LONG}\n\n${LONG}`), pace: 12 });
  await say(page, "Second.");
  const log = page.getByRole("log");
  await expect(answerTo(page, "Second.")).toContainText("Sentence number 50");
  const below = () => log.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight);
  // it follows as long as nobody scrolls
  await expect.poll(below).toBeLessThan(80);
  await log.hover();
  await page.mouse.wheel(0, -500);
  await expect.poll(below).toBeGreaterThan(400);
  const anchor = page.getByRole("article", { name: "You" }).last();
  const before = await log.evaluate((el) => el.scrollTop);
  const place = (await anchor.boundingBox())?.y;
  await page.waitForTimeout(1500);
  expect(Math.abs((await log.evaluate((el) => el.scrollTop)) - before)).toBeLessThan(2);
  if (place !== undefined) expect(Math.abs(((await anchor.boundingBox())?.y ?? place) - place)).toBeLessThan(2);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await expect.poll(below).toBeLessThan(80);
});

test("the end stays in view when the field below it grows", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words("A word and another one. ".repeat(400)) });
  await open(page, app);
  await say(page, "much");
  await expect(page.getByTestId("receipt")).toBeInViewport({ ratio: 1 });
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight");
  await expect(page.getByTestId("receipt")).toBeInViewport({ ratio: 1 });
  // whoever reads further up is left there
  const log = page.getByRole("log");
  await log.evaluate((box) => box.scrollTo(0, box.scrollTop - 900));
  await page.waitForTimeout(200);
  const top = await log.evaluate((box) => box.scrollTop);
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("one\ntwo");
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("one\ntwo\nthree\nfour\nfive\nsix\nseven");
  await page.waitForTimeout(200);
  expect(await log.evaluate((box) => box.scrollTop)).toBe(top);
});

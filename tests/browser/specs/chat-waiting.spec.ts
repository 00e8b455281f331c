// A message that is sent while an answer is still being written.
import type { Page } from "@playwright/test";
import { words } from "../support/provider.ts";
import { expect, open, say, test } from "../support/test.ts";

const LONG = Array.from({ length: 400 }, (_, n) => `w${n}`).join(" ");
const field = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const waits = (page: Page) => page.getByText("Sent when this answer has ended.");

test("a message waits for the end of the answer, and goes once", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(LONG.slice(0, 400)), pace: 25 });
  await open(page, app);
  await say(page, "first");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("w5");
  provider.say = () => ({ pieces: ["Second answer."] });
  await say(page, "second");
  await field(page).press("Enter");
  await expect(waits(page)).toBeVisible();
  await expect(field(page)).toHaveValue("second");
  expect(provider.asked).toHaveLength(1);
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Second answer.");
  await expect(page.getByRole("article", { name: "You" })).toHaveCount(2);
  await expect(field(page)).toHaveValue("");
  await expect(waits(page)).toHaveCount(0);
  expect(provider.asked).toHaveLength(2);
});

test("what waits is taken back by Esc, by its button, and by writing on", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(LONG), pace: 25 });
  await open(page, app);
  await say(page, "first");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("w5");
  await say(page, "second");
  await expect(waits(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(waits(page)).toHaveCount(0);
  await expect(answer, "the first Esc stops nothing").toHaveAttribute("data-state", "streaming");

  await page.getByRole("button", { name: "Send when this answer has ended" }).click();
  await expect(waits(page)).toBeVisible();
  await page.getByRole("button", { name: "Take back" }).click();
  await expect(waits(page)).toHaveCount(0);

  await field(page).press("Enter");
  await expect(waits(page)).toBeVisible();
  await field(page).press("End");
  await field(page).pressSequentially(" thought");
  await expect(waits(page)).toHaveCount(0);

  await page.keyboard.press("Escape");
  await expect(answer).toHaveAttribute("data-state", "stopped");
  await expect(field(page)).toHaveValue("second thought");
  await expect(page.getByRole("article", { name: "You" })).toHaveCount(1);
  expect(provider.asked).toHaveLength(1);
});

test("Stop ends the answer, and what waits is heard", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(LONG), pace: 25 });
  await open(page, app);
  await say(page, "first");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("w5");
  provider.say = () => ({ pieces: ["Better so."] });
  await say(page, "no, otherwise");
  await expect(waits(page)).toBeVisible();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(page.getByRole("article", { name: "Answer" }).first()).toHaveAttribute("data-state", "stopped");
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Better so.");
});

test("after a failure what waits stays a draft", async ({ page, app, provider, ready }) => {
  let fail = () => {};
  const late = new Promise<void>((resolve) => {
    fail = resolve;
  });
  provider.say = () => ({ pieces: [], status: 400, after: late });
  await open(page, app);
  await say(page, "first");
  await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
  await say(page, "second");
  await expect(waits(page)).toBeVisible();
  fail();
  await expect(page.getByRole("alert")).toBeVisible();
  await expect(waits(page)).toHaveCount(0);
  await expect(field(page)).toHaveValue("second");
  expect(provider.asked).toHaveLength(1);
});

test("the end of an answer leaves a selection and an unfolded thought as they are", async ({
  page,
  app,
  provider,
  ready,
}) => {
  provider.say = () => ({
    reasoning: "A thought.",
    pieces: ["First paragraph.\n\n", ...words(LONG.slice(0, 200))],
    pace: 30,
  });
  await open(page, app);
  await say(page, "first");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("w2");
  await answer.locator("summary").click();
  await expect(answer.getByText("A thought.")).toBeVisible();
  await answer.getByText("First paragraph.").selectText();
  await expect(answer, "it is still being written").toHaveAttribute("data-state", "streaming");
  await expect(answer).toHaveAttribute("data-state", "complete");
  await expect(answer.locator("footer")).toBeVisible();
  // the session is read again after that
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => getSelection()?.toString())).toContain("First paragraph.");
  await expect(answer.getByText("A thought.")).toBeVisible();
});

test("what waits goes also when another screen is looked at", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: words(LONG.slice(0, 700)), pace: 20 });
  await open(page, app);
  await say(page, "first");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("w5");
  await say(page, "second");
  await expect(waits(page)).toBeVisible();
  await page.keyboard.press("Control+2");
  await expect(page.getByRole("heading", { name: "Agents" })).toBeVisible();
  // it still waits for whoever comes back, and can be taken back
  await page.keyboard.press("Control+1");
  await page.locator("a[data-row]").first().click();
  await expect(waits(page)).toBeVisible();
  await expect(field(page)).toHaveValue("second");
  expect(provider.asked).toHaveLength(1);
  provider.say = () => ({ pieces: ["Second answer."] });
  await page.keyboard.press("Control+6");
  await expect.poll(() => provider.asked.length).toBe(2);
  await page.keyboard.press("Control+1");
  await page.locator("a[data-row]").first().click();
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Second answer.");
  await expect(page.getByRole("article", { name: "You" })).toHaveCount(2);
  await expect(field(page)).toHaveValue("");
  expect(provider.asked).toHaveLength(2);
});

// More than one answer: another agent, two at once, versions, the rest of an answer, quotations.

import { expect, makeAgent, open, say, test } from "../support/test.ts";
import { axe } from "../support/axe.ts";

const composer = (page: import("@playwright/test").Page) => page.getByRole("textbox", { name: "Message", exact: true });

test("two agents answer side by side, and the one that is chosen is gone on with", async ({ page, app, provider, ready }) => {
  await makeAgent(app, "poet", "Poet", { instructions: "In verse." });
  provider.say = ({ messages }) => ({
    pieces: JSON.stringify(messages).includes("In verse.") ? ["A", " rhyme."] : ["A", " fact."],
    pace: 60,
  });
  await open(page, app);
  await page.getByRole("combobox", { name: "Ask a second agent or model" }).click();
  await page.getByRole("combobox", { name: "Find an agent or a model" }).fill("poe");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Do not ask a second one" })).toBeVisible();
  await say(page, "Fire?");
  const both = page.getByRole("region", { name: "Side by side" });
  await expect(both.getByRole("article", { name: "Answer of Helper" })).toContainText("A fact.");
  await expect(both.getByRole("article", { name: "Answer of Poet" })).toContainText("A rhyme.");
  await axe(page);
  // they stand so after a reload too
  await page.reload();
  await expect(both.getByRole("article")).toHaveCount(2);
  await both.getByRole("article", { name: "Answer of Poet" }).getByRole("button", { name: "Continue with this" }).click();
  await expect(both).toHaveCount(0);
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("A rhyme.");
  await expect(page.getByRole("combobox", { name: "Agent: Poet" })).toBeVisible();
  await say(page, "More");
  await expect.poll(() => provider.asked.length).toBe(3);
  expect(JSON.stringify(provider.asked[2]?.messages)).toContain("A rhyme.");
  expect(JSON.stringify(provider.asked[2]?.messages)).not.toContain("A fact.");
});

test("another agent or a model answers the same, and the versions are counted", async ({ page, app, provider, ready }) => {
  await makeAgent(app, "poet", "Poet", { instructions: "In verse.", target: "openai/gpt-4o" });
  provider.say = ({ model }) => ({ pieces: [`By ${model}.`] });
  await open(page, app);
  await say(page, "Who?");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("By gpt-4o-mini.");
  await answer.getByRole("combobox", { name: "Regenerate with another agent or model" }).click();
  await page.getByRole("option", { name: /Poet/ }).click();
  await expect(answer).toContainText("By gpt-4o.");
  await expect(answer).toContainText("2/2");
  // with the keyboard alone: to the message, and through its versions
  await composer(page).press("Alt+ArrowUp");
  await page.keyboard.press("ArrowLeft");
  await expect(answer).toContainText("By gpt-4o-mini.");
  await expect(answer).toContainText("1/2");
  await answer.getByRole("button", { name: "Side by side" }).click();
  await expect(page.getByRole("region", { name: "Side by side" }).getByRole("article")).toHaveCount(2);
  await page.getByRole("button", { name: "Show one at a time" }).click();
  await expect(answer).toHaveCount(1);
});

test("the rest of an answer that was cut off is asked for", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["One, two"], finish: "length" });
  await open(page, app);
  await say(page, "Count");
  await expect(page.getByText("The model's limit of tokens was reached")).toBeVisible();
  provider.say = () => ({ pieces: [", three."] });
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText(", three.");
  await expect(page.getByRole("article", { name: "You" }).last()).toContainText("Continue exactly where you stopped.");
});

test("what is selected is quoted", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["A quince is a hard fruit."] });
  await open(page, app);
  await say(page, "Quince?");
  const said = page.getByRole("article", { name: "Answer" }).getByText("A quince is a hard fruit.");
  await said.selectText();
  await page.getByRole("button", { name: "Quote" }).click();
  await expect(composer(page)).toHaveValue("> A quince is a hard fruit.\n\n");
  await expect(composer(page)).toBeFocused();
});

test("how much of the model's window is used is told", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["Much."], usage: { prompt_tokens: 64_000, completion_tokens: 1 } });
  await open(page, app);
  await say(page, "Long");
  await expect(page.getByRole("meter", { name: "Context used" })).toHaveAttribute("aria-valuenow", "64001");
  await expect(page.getByTestId("context")).toContainText("64K / 128K");
});

import { answerTo, axe, expect, open, say, test } from "../support/test.ts";

const filler = (begin: string) => `${begin} ${"and so on ".repeat(40)}`;

test("a chat that outgrows its model tells so, and keeps what was said", async ({ page, app, provider, ready }) => {
  expect(ready.agent).toBeTruthy();
  provider.windows = { "gpt-4o-mini": 2_000 };
  await app.control("provider.models", { id: "openai", refresh: true });
  provider.say = ({ messages }) =>
    String(messages[0]?.content).startsWith("You summarise")
      ? { pieces: ["They spoke of numbers."], usage: { prompt_tokens: 900, completion_tokens: 6 } }
      : { pieces: [filler("Answer")], usage: { prompt_tokens: 700, completion_tokens: 100 } };
  await open(page, app);
  for (let n = 1; n <= 7; n += 1) {
    await say(page, filler(`Question ${n}`));
    await expect(answerTo(page, `Question ${n}`)).toHaveAttribute("data-state", "complete");
  }
  // the fewer rows fit, the fewer of several are drawn
  const divider = page.getByTestId("summarised").last();
  await expect(divider).toBeVisible();
  await expect(divider).toContainText("Earlier messages were summarised");
  await expect(divider.getByText("They spoke of numbers.")).toBeHidden();
  await divider.locator("summary").click();
  await expect(divider.getByText("They spoke of numbers.")).toBeVisible();
  await axe(page);
  await page.reload();
  await expect(divider).toBeVisible();
  const meter = page.getByTestId("context");
  await expect(meter).toHaveAttribute("aria-valuemax", "2000");
  await expect(meter).toHaveAttribute("aria-valuenow", "800");
});

test("an agent's editor says when its conversations are summarised", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const choice = page.getByRole("radiogroup", { name: "Long conversations" });
  await expect(choice.getByRole("radio", { name: "Summarise", exact: true })).toBeChecked();
  await choice.getByRole("radio", { name: "Always summarise" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Not saved")).toHaveCount(0);
  const agent = await app.control<{ compaction: object }>("agent.get", { agent: "helper" });
  expect(agent.compaction).toEqual({ mode: "always", threshold: null });
});

test("a run is gone through step by step, and made again without running its tools", async ({ page, app, provider, ready }) => {
  expect(ready.agent).toBeTruthy();
  const { draft } = await app
    .control<Record<string, unknown>>("agent.get", { agent: "helper" })
    .then(({ id, revision, created_at, updated_at, ...draft }) => ({ draft }));
  await app.control("agent.update", { agent: "helper", draft: { ...draft, tools: [{ tool: "calculator", rule: "always" }] } });
  const uses = (expression: string): typeof provider.say => ({ messages }) =>
    messages.at(-1)?.role === "tool"
      ? { pieces: ["It is 391."] }
      : { pieces: ["Let me see."], calls: [{ id: "call_1", name: "calculator", arguments: { expression } }] };
  provider.say = uses("17 * 23");
  await open(page, app);
  await say(page, "How much is 17 * 23?");
  await expect(page.getByRole("article", { name: "Answer" }).last()).toHaveAttribute("data-state", "complete");
  const { calls } = await app.control<{ calls: Array<{ id: string }> }>("call.list", {});
  await open(page, app, `/activity/${calls[0]?.id}`);
  const steps = page.getByTestId("steps");
  await expect(steps).toContainText("Step 1 of 3");
  await expect(steps).toContainText("Let me see.");
  await steps.focus();
  await page.keyboard.press("ArrowRight");
  await expect(steps).toContainText("Step 2 of 3");
  await expect(steps).toContainText("calculator");
  await expect(steps).toContainText("17 * 23");
  await expect(steps).toContainText("391");
  await page.keyboard.press("End");
  await expect(steps).toContainText("It is 391.");
  await axe(page);

  // the model asks for something else this time
  provider.say = uses("17 * 24");
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("With the recorded results of tools")).toBeChecked();
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("The model asked for something that the record has no answer to.").first()).toBeVisible();
});

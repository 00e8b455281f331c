import { words } from "../support/provider.ts";
import { axe, expect, open, test } from "../support/test.ts";

test("the draft is tried before it is saved, and what it cost is in the ledger", async ({ page, app, provider, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  await page.getByLabel("Instructions", { exact: true }).fill("Speak like a lighthouse.");
  const pane = page.getByRole("complementary", { name: "Test" });
  provider.say = () => ({ pieces: words("A slow **turning** light."), usage: { prompt_tokens: 1200, completion_tokens: 40 } });
  await pane.getByLabel("Test message").fill("Who are you?");
  await page.keyboard.press("Enter");
  await expect(pane.getByTestId("test-answer")).toContainText("A slow turning light.");
  await expect(pane.getByTestId("test-answer")).toContainText("1,200 in, 40 out");
  await expect(pane.getByTestId("test-answer")).toContainText("$0.0002");
  expect(provider.asked.at(-1)?.messages).toEqual([
    { role: "system", content: "Speak like a lighthouse." },
    { role: "user", content: "Who are you?" },
  ]);
  await pane.getByLabel("Test message").fill("And then?");
  await pane.getByRole("button", { name: "Send" }).click();
  await expect(pane.getByTestId("test-answer")).toHaveCount(2);
  await expect.poll(() => provider.asked.at(-1)?.messages.length).toBe(4);
  await axe(page);

  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "You help.", revision: 1 });
  expect(await app.control<{ sessions: unknown[] }>("session.list", {})).toMatchObject({ sessions: [] });
  const usage = await app.control<{ total: { calls: number; cost: number } }>("usage.summary", { by: "agent" });
  expect(usage.total.calls).toBe(2);
  expect(usage.total.cost).toBe(408);
});

test("a trial is stopped, fails in words, and says what is missing", async ({ page, app, provider, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const pane = page.getByRole("complementary", { name: "Test" });
  const message = pane.getByLabel("Test message");
  provider.say = () => ({ pieces: words("One two three four five six seven eight nine ten."), pace: 400 });
  await message.fill("Count");
  await page.keyboard.press("Enter");
  await expect(pane.getByTestId("test-answer")).toContainText("One");
  await pane.getByRole("button", { name: "Stop" }).click();
  await expect(pane.getByText("Stopped.")).toBeVisible();
  await expect.poll(() => provider.dropped).toBe(1);

  provider.say = () => ({ pieces: [], status: 400 });
  await message.fill("Again");
  await page.keyboard.press("Enter");
  await expect(pane.getByRole("alert")).toContainText("fails on purpose");

  await page.getByRole("combobox", { name: "Model" }).fill("nowhere/m");
  await page.keyboard.press("Escape");
  await message.fill("Third");
  await page.keyboard.press("Enter");
  await expect(pane.getByRole("alert").last()).toContainText("There is no provider nowhere.");
  await pane.getByRole("button", { name: "Begin again" }).click();
  await expect(pane.getByTestId("test-answer")).toHaveCount(0);

  await pane.getByRole("button", { name: "Close the test" }).click();
  await expect(pane).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("button", { name: "Test", exact: true })).toHaveAttribute("aria-pressed", "false");
  await expect(pane).toHaveCount(0);
});

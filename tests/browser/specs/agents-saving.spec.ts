import type { Page } from "@playwright/test";
import { expect, open, test } from "../support/test.ts";

/** Holds the answers to a command back until they are let go; the command itself is run at once. */
async function holdBack(page: Page, command: string): Promise<{ arrived: Promise<void>; letGo: () => void }> {
  let letGo = () => {};
  let tell = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  await page.route("**/control", async (route) => {
    if (route.request().postDataJSON()?.command !== command) return route.continue();
    const response = await route.fetch();
    tell();
    await gate;
    await route.fulfill({ response });
  });
  return { arrived, letGo };
}

test("what is typed while a save runs stays, and counts as unsaved", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  const name = page.getByLabel("Name", { exact: true });
  const save = await holdBack(page, "agent.update");
  await instructions.fill("First.");
  await page.keyboard.press("Control+s");
  await save.arrived;
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "First.", revision: 2 });
  await instructions.fill("First. And second.");
  await name.fill("Helper of all");
  save.letGo();
  await expect(page.getByText("Saved", { exact: true }).first()).toBeVisible();
  await expect(instructions).toHaveValue("First. And second.");
  await expect(name).toHaveValue("Helper of all");
  await expect(page.locator("form footer").getByText("Not saved")).toBeVisible();

  // it is kept like everything that is typed, and is saved over what was saved, without a conflict
  await page.reload();
  await expect(instructions).toHaveValue("First. And second.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({
    instructions: "First. And second.", name: "Helper of all", revision: 3,
  });
  await expect(page.locator("form footer").getByText("Not saved")).toHaveCount(0);
});

test("what is typed back while a save runs is a change", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  const save = await holdBack(page, "agent.update");
  await instructions.fill("Otherwise.");
  await page.keyboard.press("Control+s");
  await save.arrived;
  await instructions.fill("You help.");
  save.letGo();
  await expect(page.getByText("Saved", { exact: true }).first()).toBeVisible();
  await expect(instructions).toHaveValue("You help.");
  await expect(page.locator("form footer").getByText("Not saved")).toBeVisible();
});

test("what is typed while a new agent is made goes on in its form", async ({ page, app, ready }) => {
  await open(page, app, "/agents/new");
  await page.getByRole("button", { name: "Begin empty" }).click();
  const save = await holdBack(page, "agent.create");
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("openai/gpt-4o-mini");
  await page.getByLabel("Name", { exact: true }).fill("Scribe");
  await page.getByRole("button", { name: "Create agent" }).click();
  await save.arrived;
  await page.getByLabel("Instructions", { exact: true }).fill("Write it down.");
  save.letGo();
  await expect(page.getByRole("heading", { name: "Scribe" })).toBeVisible();
  await expect(page.getByLabel("Instructions", { exact: true })).toHaveValue("Write it down.");
  await expect(page.locator("form footer").getByText("Not saved")).toBeVisible();
  expect(await app.control("agent.get", { agent: "scribe" })).toMatchObject({ instructions: "", revision: 1 });
});

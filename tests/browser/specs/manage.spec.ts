import { KEY } from "../support/provider.ts";
import { expect, open, test } from "../support/test.ts";

test("an agent is made, changed, and gone back to", async ({ page, app, provider, ready }) => {
  await open(page, app, "/agents");
  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Release notes");
  await expect(page.getByLabel("Slug")).toHaveValue("release-notes");
  await page.getByLabel("Model", { exact: true }).fill("openai/gpt-4o");
  await page.getByLabel("Instructions", { exact: true }).fill("Write release notes.");
  await page.getByLabel("Temperature").fill("9");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect(page.getByText("A number from 0 to 2.")).toBeVisible();
  await page.getByLabel("Temperature").fill("0.3");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect(page.getByRole("heading", { name: "Release notes" })).toBeVisible();

  await page.getByLabel("Instructions", { exact: true }).fill("Write release notes, briefly.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
  await page.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByLabel("Instructions", { exact: true })).toHaveValue("Write release notes.");
  const agent = await app.control<{ revision: number; params: { temperature: number } }>("agent.get", { agent: "release-notes" });
  expect(agent.revision).toBe(3);
  expect(agent.params.temperature).toBe(0.3);

  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("link", { name: /Release notes/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: /Release notes/ })).toBeVisible();
});

test("two editors of one agent: the second is told, and decides", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await instructions.fill("Mine.");
  const theirs = await app.control<object>("agent.get", { agent: "helper" });
  await app.control("agent.update", { agent: "helper", draft: { ...theirs, instructions: "Theirs." }, revision: 1 });
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Someone changed this agent while you were editing it.")).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Theirs.", revision: 2 });
  await page.getByRole("button", { name: "Load the newer version" }).click();
  await expect(instructions).toHaveValue("Theirs.");
  await instructions.fill("Both.");
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Both.", revision: 3 });
});

test("an unchanged form follows a change from elsewhere", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await expect(instructions).toHaveValue("You help.");
  const theirs = await app.control<object>("agent.get", { agent: "helper" });
  await app.control("agent.update", { agent: "helper", draft: { ...theirs, instructions: "From elsewhere." }, revision: null });
  await expect(instructions).toHaveValue("From elsewhere.");
});

test("a provider's refused key is shown; another key mends it; removing asks first", async ({ page, app, provider }) => {
  await open(page, app);
  await page.getByRole("button", { name: "Skip setup" }).click();
  await page.keyboard.press("Control+3");
  await page.getByRole("button", { name: "Add provider" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Provider", exact: true }).click();
  await page.getByRole("option", { name: "Another one" }).click();
  await dialog.getByLabel("Base URL").fill(provider.baseUrl);
  await dialog.getByLabel("Short name").fill("house");
  await dialog.getByLabel("Key", { exact: true }).fill("sk-not-the-right-one");
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog.getByRole("alert")).toContainText("does not work yet");
  await expect(dialog.getByRole("alert")).toContainText(/key/i);
  await expect(dialog).not.toContainText("sk-not-the-right-one");
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.locator("[data-provider=house]");
  await expect(row).toContainText(`key …${KEY.slice(-4)}`);
  await row.getByRole("button", { name: /More for/ }).click();
  await page.getByRole("menuitem", { name: "Models" }).click();
  await expect(page.getByRole("dialog")).toContainText("gpt-4o-mini");
  await page.keyboard.press("Escape");
  await row.getByRole("button", { name: /More for/ }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No providers yet")).toBeVisible();
});

test("settings are kept, and the checks are run", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  await page.getByRole("combobox", { name: "Theme" }).click();
  await page.getByRole("option", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.getByRole("combobox", { name: "Default agent" }).click();
  await page.getByRole("option", { name: /Helper/ }).click();
  await expect.poll(() => app.control("settings.get")).toMatchObject({ theme: "dark", default_agent: ready.agent });
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.getByRole("heading", { name: "Checks" })).toBeVisible();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("combobox", { name: "Theme" }).click();
  await page.getByRole("option", { name: "System" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

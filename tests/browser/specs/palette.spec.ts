import { axe, expect, makeAgent, open, test } from "../support/test.ts";

test("it finds by letters left out, remembers what was chosen, and goes there", async ({ page, app, ready }) => {
  await makeAgent(app, "reviewer", "Code reviewer");
  await open(page, app);
  await page.keyboard.press("Control+k");
  const field = page.getByRole("combobox", { name: "Go anywhere" });
  await expect(field).toBeFocused();
  await axe(page);
  await field.fill("prvders");
  await expect(page.getByRole("option").first()).toContainText("Providers");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Providers", level: 1 })).toBeVisible();

  await page.keyboard.press("Control+k");
  await expect(page.getByRole("option").first()).toContainText("Providers");
  await expect(page.getByText("Recent", { exact: true })).toBeVisible();
  await field.fill("edit reviewer");
  await expect(page.getByRole("option").first()).toContainText("Edit Code reviewer");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue("reviewer");

  await page.keyboard.press("Control+k");
  await field.fill("zzqqxx");
  await expect(page.getByText("Nothing matches “zzqqxx”.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(field).toHaveCount(0);
});

test("it changes settings and shows the keys", async ({ page, app, ready }) => {
  await open(page, app);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go anywhere" }).fill("dark theme");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect.poll(() => app.control("settings.get")).toMatchObject({ theme: "dark" });
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go anywhere" }).fill("shortcuts");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toContainText("Activity");
  await axe(page);
});

test("a session is found by what was said in it", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["Basil and mint."] });
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Zed" });
  await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "What grows on a balcony?" }] }),
  }).then((response) => response.text());
  await open(page, app);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go anywhere" }).fill("balcony");
  const option = page.getByRole("option").filter({ hasText: "balcony" });
  await expect(option).toHaveCount(1);
  await option.click();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Basil and mint.");
});

test.describe("when the app is gone", () => {
  test("that is said, and what is shown stays", async ({ page, app, ready, expectedErrors }) => {
    expectedErrors.push(/Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|net::ERR/);
    await open(page, app, "/agents");
    await expect(page.getByRole("link", { name: /Helper/ })).toBeVisible();
    await app.kill();
    await expect(page.getByText("Inglenook does not answer.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Try now" })).toBeVisible();
    await expect(page.getByRole("link", { name: /Helper/ })).toBeVisible();
    await axe(page);
  });
});

test("an address that leads nowhere says so and leads back", async ({ page, app, ready }) => {
  await open(page, app, "/nowhere");
  await expect(page.getByRole("heading", { name: "This screen does not exist" })).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Go to chats" }).click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeVisible();
});

test("the window speaks the language that is set", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  await page.getByRole("combobox", { name: "Language" }).click();
  await expect(page.getByRole("option", { name: "日本語" })).toBeVisible();
  await page.getByRole("option", { name: "Deutsch" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await expect.poll(() => app.control("settings.get")).toMatchObject({ language: "de" });
  await app.control("settings.set", { language: "en" });
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

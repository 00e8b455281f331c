import { expect, open, test } from "../support/test.ts";

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
  await expect(page.getByRole("heading", { name: "Health" })).toBeVisible();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("combobox", { name: "Theme" }).click();
  await page.getByRole("option", { name: "System" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

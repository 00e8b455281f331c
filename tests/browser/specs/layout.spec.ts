import { axe, expect, open, test } from "../support/test.ts";

test("the titles of all screens begin at one left edge", async ({ page, app, ready }) => {
  await open(page, app);
  for (const width of [1280, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    const edges: Record<string, number> = {};
    for (const [at, name] of [["/providers", "Providers"], ["/connect", "Connect"], ["/activity", "Activity"], ["/usage", "Usage"], ["/settings", "Settings"]] as const) {
      await page.evaluate((route) => { location.hash = route; }, at);
      const title = page.getByRole("heading", { level: 1, name });
      await expect(title).toBeVisible();
      edges[name] = await title.evaluate((element) => element.getBoundingClientRect().left);
    }
    expect(new Set(Object.values(edges)).size, JSON.stringify(edges)).toBe(1);
  }
});

test("in a small window the settings have a list of their parts, and an agent's test pane begins closed", async ({ page, app, ready }) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await open(page, app, "/settings");
  const parts = page.getByRole("combobox", { name: "Parts of the settings" });
  await parts.click();
  await page.getByRole("option", { name: "Data", exact: true }).click();
  await expect(page.getByRole("heading", { level: 2, name: "Data", exact: true })).toBeInViewport();
  await expect(parts).toContainText("Data");
  // it stays at hand, and says where one is
  await expect(parts).toBeInViewport();
  await axe(page);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(parts).toBeHidden();

  await page.setViewportSize({ width: 1090, height: 700 });
  await page.evaluate(() => { location.hash = "/agents/helper"; });
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toBeVisible();
  await expect(page.locator("[data-pane]")).toHaveCount(0);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.reload();
  await expect(page.locator("[data-pane]")).toBeVisible();
});

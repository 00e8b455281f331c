// A window of 1280 x 800 looked at through 200 %: nothing is cut, and nothing but tables and code scrolls sideways (WCAG 1.4.10).
import type { Page } from "@playwright/test";
import { expect, open, say, test } from "../support/test.ts";

test.use({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });

/** What reaches beyond the window, or scrolls sideways. */
const wide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const told: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) told.push("the page");
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      if (element.closest("pre, svg, .sr-only") !== null || element.querySelector("table") !== null) continue;
      const { overflowX } = getComputedStyle(element);
      const scrolls = /auto|scroll/u.test(overflowX) && element.scrollWidth > element.clientWidth + 1;
      const box = element.getBoundingClientRect();
      const cut = element.closest("table") === null && box.width > 1 && box.right > innerWidth + 1;
      if (scrolls || cut) told.push(`${element.tagName} ${element.className}`);
    }
    return told;
  });

test("every screen is whole at 200 %", async ({ page, app, ready }) => {
  await open(page, app);
  await say(page, "hello");
  await expect(page.getByTestId("receipt")).toBeVisible();
  for (const at of ["chat", "agents", "agents/new", "agents/helper", "providers", "connect", "activity", "usage", "settings"]) {
    await page.evaluate((route) => { location.hash = `/${route}`; }, at);
    await expect(page.getByRole("main")).toBeVisible();
    await page.waitForTimeout(300);
    expect(await wide(page), at).toEqual([]);
    await expect(page.getByRole("link", { name: "The endpoint listens" }), at).toBeInViewport({ ratio: 1 });
  }
  await page.evaluate(() => { location.hash = "/agents/helper"; });
  await expect(page.getByRole("textbox", { name: "Short name" })).toBeVisible();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await expect(page.getByRole("textbox", { name: "Short name" }), "the test takes the form's place").toBeHidden();
  await page.getByRole("button", { name: "Close the test" }).click();
  await expect(page.getByRole("textbox", { name: "Short name" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(page.getByText("Esc", { exact: true })).toBeInViewport({ ratio: 1 });
});

// What a machine can see of accessibility (WCAG 2.2 AA), on the screen as it stands, in both themes.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with every place that breaks a rule, in light or in dark; leaves the theme as it was. */
export async function axe(page: Page): Promise<void> {
  const before = await page.evaluate(() => document.documentElement.dataset.theme ?? "light");
  const show = (theme: string) =>
    page.evaluate(async (one) => {
      document.documentElement.dataset.theme = one;
      const moving = () => document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime));
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      // a colour on its way has no contrast of its own; one that is inherited sets out again when what it is inherited
      // from arrives, and what moves without an end is not waited for
      for (let round = 0; round < 50; round++) {
        await painted();
        const now = moving();
        if (now.length === 0) return;
        await Promise.allSettled(now.map((one) => one.finished));
      }
      throw new Error("colours do not come to rest");
    }, theme);
  const found: string[] = [];
  for (const theme of ["light", "dark"]) {
    await show(theme);
    const look = async () => (await new AxeBuilder({ page }).withTags(RULES).analyze()).violations;
    let violations = await look();
    // a button that is armed after a while may have changed its colour meanwhile: what is wrong is wrong at rest too
    if (violations.length > 0) {
      await show(theme);
      violations = await look();
    }
    for (const { id, help, nodes } of violations) {
      for (const node of nodes) found.push(`${theme} ${id} (${help}): ${node.target.join(" ")} ${node.any[0]?.message ?? ""}`);
    }
  }
  await show(before);
  expect(found, "accessibility").toEqual([]);
}

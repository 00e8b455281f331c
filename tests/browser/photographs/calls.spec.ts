import { mkdirSync } from "node:fs";
import { open, test } from "../support/test.ts";
import { answers, call, programs } from "../support/traffic.ts";

const OUT = process.env.PHOTOGRAPHS ?? "../../target/photographs";
mkdirSync(OUT, { recursive: true });

test("activity and usage", async ({ page, app, provider, expectedErrors }) => {
  test.setTimeout(180_000);
  expectedErrors.push(/./u);
  const shot = async (name: string, sizes: ReadonlyArray<readonly [number, number]> = [[1280, 800]]) => {
    await page.mouse.move(640, 3);
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height });
      for (const theme of ["light", "dark"]) {
        await page.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
        await page.waitForTimeout(350);
        await page.screenshot({ path: `${OUT}/${name}-${width}-${theme}.png` });
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  const all = [[900, 600], [1280, 800], [1920, 1080]] as const;
  const go = async (at: string) => {
    await page.evaluate((route) => { location.hash = route; }, at);
    await page.waitForTimeout(600);
  };
  const keys = await programs(app, provider);
  await open(page, app, "/activity");
  await page.waitForTimeout(400);
  await shot("activity-empty");
  await go("/usage");
  await shot("usage-empty");
  let first = "";
  for (let n = 0; n < 24; n++) {
    answers(provider, `Use a transaction around both statements, and give the column a default. That is all, part ${n}.`, 1840 + 731 * n, 40 + 17 * n);
    if (n % 7 === 5) provider.say = () => ({ pieces: [], status: 400 });
    const key = n % 4 === 3 ? keys.nightly : keys.zed;
    const id = await call(app, key, "Review this migration: ALTER TABLE calls ADD COLUMN took INTEGER;", {
      model: n % 3 === 2 ? "editor" : "reviewer",
      stream: n % 2 === 0,
      session: `s-${n % 5}`,
      program: ["Zed/0.199.1 (linux)", "OpenAI/Python 2.8.1", "nightly/1.0"][n % 3] ?? "",
      more: { temperature: 0.9 },
    });
    if (n === 4) first = id;
  }
  provider.say = () => ({ pieces: Array.from({ length: 400 }, () => "word "), pace: 120 });
  const slow = call(app, keys.zed, "Write a lot.", { stream: true });
  await go("/activity");
  await page.waitForTimeout(1500);
  await shot("activity", all);
  await go(`/activity/${first}`);
  await shot("call", all);
  await page.locator("main").evaluate((main) => main.scrollTo(0, 620));
  await shot("call-middle");
  await page.getByRole("radio", { name: "Difference" }).click();
  await page.locator("main").evaluate((main) => main.scrollTo(0, 100_000));
  await shot("call-end");
  await go("/activity?outcome=failed");
  await shot("activity-failed");
  await page.getByTestId("calls").getByRole("link").first().click();
  await page.waitForTimeout(500);
  await shot("call-failed");
  answers(provider, "Wrap both statements in a transaction.");
  await go(`/activity/${first}`);
  await page.getByRole("button", { name: "Replay" }).click();
  await page.waitForTimeout(400);
  await shot("replay");
  await page.getByRole("button", { name: "Send again" }).click();
  await page.getByText("Compared with another call").first().waitFor();
  await page.waitForTimeout(500);
  await shot("compare");
  await go("/usage");
  await page.waitForTimeout(500);
  await shot("usage", all);
  await page.locator("main").evaluate((main) => main.scrollTo(0, 100_000));
  await shot("usage-end");
  await go("/usage?range=custom&from=2026-11-01&to=2026-11-23&by=model&measure=tokens");
  await page.getByRole("radio", { name: "Table" }).click();
  await shot("usage-table");
  void slow.catch(() => undefined);
});

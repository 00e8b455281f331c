// One app on a copy of the generated history, with a provider that speaks as fast as it is told.

import { test as base, type CDPSession, type Page } from "@playwright/test";
import { App } from "../../support/app.ts";
import { Provider } from "../../support/provider.ts";
import { addProvider, makeAgent } from "../../support/test.ts";
import { watch } from "./watch.ts";

/** As bench/conversation.py names it. */
export const LONG = "The long conversation";

interface Bench {
  app: App;
  provider: Provider;
  /** A key of a program. */
  key: string;
}

interface Fixtures {
  devtools: CDPSession;
}

export const test = base.extend<Fixtures, { bench: Bench }>({
  bench: [
    async ({}, use) => {
      const history = process.env.INGLENOOK_HISTORY;
      if (history === undefined) throw new Error("INGLENOOK_HISTORY names no data directory; see bench/ui");
      const app = await App.start({}, history);
      const provider = await Provider.start();
      await addProvider(app, provider);
      await makeAgent(app, "helper", "Helper");
      const { secret } = await app.control<{ secret: string }>("key.create", { name: "editor" });
      await use({ app, provider, key: secret });
      await app.stop();
      await provider.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  page: async ({ page }, use) => {
    await page.addInitScript(watch);
    await use(page);
  },
  devtools: async ({ page }, use) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Performance.enable");
    await use(devtools);
  },
});

/** The page's counters by name: seconds, bytes, numbers of nodes. */
export async function metrics(devtools: CDPSession): Promise<(name: string) => number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return (name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
}

/** Opens the window at a screen, with nothing kept from before. */
export async function fresh(page: Page, app: App, at: string): Promise<void> {
  const url = new URL(app.webUrl);
  await page.goto("about:blank");
  await page.goto(url.href);
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  await page.evaluate((route) => { location.hash = route; }, at);
}

/** Opens the long conversation and waits for its end. */
export async function openLong(page: Page, app: App): Promise<void> {
  await fresh(page, app, "/chat");
  await page.locator("a[data-row]", { hasText: LONG }).first().click();
  await page.locator("[data-message]").last().waitFor();
  await page.waitForTimeout(1000);
}

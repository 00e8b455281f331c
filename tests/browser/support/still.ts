// The same window on every run: a fixed clock, and of what the app answers, what differs from run to run made the same
// on its way to the page. Everything else is what the app said.

import type { Page, Route } from "@playwright/test";
import type { App } from "./app.ts";

const DAY = 86_400_000;
/** The moment it is. */
export const NOW = Date.parse("2026-09-17T10:30:00Z");
/** When everything happened. */
const THEN = NOW - 12 * 60_000;

const today = (at: number) => Math.floor(at / DAY) * DAY;

/** A measure by its name; undefined: it is no such measure. */
function measured(name: string, value: number): number | undefined {
  if (name === "expires_at") return today(NOW) + 90 * DAY;
  if (name === "until") return today(NOW) + 14 * DAY;
  if (/_at$/u.test(name)) return THEN;
  if (name === "age_s") return 60;
  if (name === "first_token_ms") return 420;
  if (/_ms$/u.test(name)) return 1840;
  if (name === "tokens_per_second") return 64.2;
  return name === "port" && value > 1023 ? 4645 : undefined;
}

function still(value: unknown, name: string, days: number): unknown {
  if (Array.isArray(value)) return value.map((one) => still(one, name, days));
  if (typeof value === "number") return measured(name, value) ?? value;
  if (typeof value === "string") {
    if (name === "hint") return "Q7pL";
    if (/^\d{4}-\d\d-\d\d$/u.test(value)) return new Date(Date.parse(value) - days * DAY).toISOString().slice(0, 10);
    return value.replace(/(127\.0\.0\.1|\[::1\]|localhost):\d{4,5}/gu, "$1:4645");
  }
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([key, one]) => [key, still(one, /^p\d\d$/u.test(key) ? name : key, days)]);
  return Object.fromEntries(inner);
}

/** Answers the page's commands as the app does, but for times, speeds and ports; nothing else runs on this machine. */
async function answer(route: Route): Promise<void> {
  const asked = route.request().postDataJSON() as { command: string; args: Record<string, unknown> };
  if (asked.command === "provider.detect") {
    await route.fulfill({ json: { ok: [] } });
    return;
  }
  // days are counted from the page's clock, and the calls were made now
  const days = (today(Date.now()) - today(NOW)) / DAY;
  const { args } = asked;
  for (const name of ["since", "until"]) {
    const at = args[name];
    // whoever waits for what comes after now would else be shown all of today after 10:30
    if (typeof at === "number") args[name] = at === NOW ? Date.now() : at + days * DAY;
  }
  const response = await route.fetch({ postData: JSON.stringify(asked) });
  await route.fulfill({ response, json: still(await response.json(), "", days) });
}

/** Opens the window, so that it looks the same as at every other time. */
export async function openStill(page: Page, app: App): Promise<void> {
  await page.clock.setFixedTime(NOW);
  await page.route("**/control", answer);
  await page.goto(app.webUrl);
  // a busy machine draws its own letters first, and sometimes keeps them
  const drawn = () =>
    page.evaluate(async () => {
      const faces = await document.fonts.load('500 14px "Inter Variable"').catch(() => []);
      return faces.some(({ status }) => status === "loaded");
    });
  for (let tries = 0; !(await drawn()); tries++) {
    if (tries === 5) throw new Error("the page has no letters of its own");
    await page.reload();
  }
}

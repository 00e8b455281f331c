// The conversation of 10,000 messages: to open it, what it holds, to scroll through it (U1, U2, U3).

import type { Page } from "@playwright/test";
import { fresh, LONG, metrics, openLong, test } from "./support/bench.ts";
import { figure, median, ms, percent, share } from "./support/figure.ts";
import { scrollThrough } from "./support/scroll.ts";

const row = (page: Page, title: string) => page.locator("a[data-row]", { hasText: title }).first();

/** From the click to the last message on the screen, the view at its end. */
async function openTimed(page: Page, title: string, last: string): Promise<number> {
  const seen = page.evaluate(
    (id) =>
      window.watch.until(() => {
        const scroller = document.querySelector("[role=log]");
        const message = document.querySelector(`[data-message="${id}"]`);
        if (scroller === null || message === null) return false;
        const [view, at] = [scroller.getBoundingClientRect(), message.getBoundingClientRect()];
        return at.top < view.bottom && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 32;
      }),
    last,
  );
  await row(page, title).click();
  return seen;
}

test("U1 U2 a chat of 10,000 messages opens", async ({ page, bench, devtools }) => {
  const { sessions } = await bench.app.control<{ sessions: Array<{ id: string; title: string }> }>("session.list", { limit: 60 });
  const [long, short] = [sessions.find((one) => one.title === LONG), sessions.find((one) => one.title !== LONG)];
  if (long === undefined || short === undefined) throw new Error("the history has no long conversation");
  const { messages } = await bench.app.control<{ messages: Array<{ id: string }> }>("session.get", {
    session: long.id,
    without_media: true,
  });
  const last = messages.at(-1)?.id ?? "";
  const nodes = async () => {
    await page.waitForTimeout(1000);
    await devtools.send("HeapProfiler.collectGarbage");
    return (await metrics(devtools))("Nodes");
  };
  const times: number[] = [];
  const asked: number[] = [];
  for (let round = 0; round < 7; round++) {
    await fresh(page, bench.app, "/chat");
    await row(page, LONG).waitFor();
    await page.waitForTimeout(500);
    times.push(await openTimed(page, LONG, last));
    asked.push(await page.evaluate(() => window.watch.answered.find((one) => one.command === "session.get")?.took ?? 0));
  }
  const inLong = await nodes();
  await row(page, short.title).click();
  await page.waitForTimeout(500);
  const inShort = await nodes();
  const again = await openTimed(page, LONG, last);
  figure({
    id: "U1",
    what: "open a chat of 10,000 messages, nothing kept: click to last message painted",
    values: [{ value: median(times), gate: 400, goal: 150 }],
    gate: "400 ms",
    goal: "150 ms",
    measured: `${ms(median(times))} (best ${ms(share(times, 0))}, worst ${ms(share(times, 1))}); of it ${ms(median(asked))} until the app answers; opened again ${ms(again)}`,
  });
  figure({
    id: "U2",
    what: "nodes with that chat open",
    values: [{ value: inLong, gate: 2500, goal: 1500 }],
    gate: "2,500",
    goal: "1,500",
    measured: `${inLong}; with a chat of ordinary length ${inShort}`,
  });
});

test("U3 scrolling through it", async ({ page, bench, devtools }) => {
  await openLong(page, bench.app);
  const seen = await scrollThrough(page, devtools, "[role=log]", -24_000, 4000);
  figure({
    id: "U3",
    what: "scroll through it, 4,000 px a second: frames over 32 ms; frames with a blank row",
    values: [
      { value: seen.late / seen.frames, gate: 0.03, goal: 0.01 },
      { value: seen.blank, gate: 0, goal: 0 },
    ],
    gate: "3 %; 0",
    goal: "1 %; 0",
    measured: `${percent(seen.late / seen.frames)} of ${seen.frames}; ${seen.blank}`,
  });
});

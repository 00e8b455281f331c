// What the page holds while answer after answer is written into the conversation of 10,000 messages (U10). A few minutes;
// INGLENOOK_STREAM_MINUTES=60 for the hour that the goal names.

import { readFileSync } from "node:fs";
import { say } from "../support/test.ts";
import { metrics, openLong, test } from "./support/bench.ts";
import { figure, percent } from "./support/figure.ts";
import { tell } from "./support/speech.ts";

const MINUTES = Number(process.env.INGLENOOK_STREAM_MINUTES ?? 4);
const MB = 1024 * 1024;

/** Memory that is the process's own, plus its part of what is shared. */
function pss(pid: number): number {
  const line = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").split("\n").find((one) => one.startsWith("Pss:"));
  return Number(/\d+/.exec(line ?? "")?.[0]) / 1024;
}

test("U10 memory while answers are written", async ({ page, bench, devtools, browser }) => {
  test.setTimeout((MINUTES + 5) * 60_000);
  const whole = await browser.newBrowserCDPSession();
  const renderer = async () => {
    const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
    return Math.max(...processInfo.filter((one) => one.type === "renderer").map((one) => pss(one.id)));
  };
  await openLong(page, bench.app);
  const look = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    await page.waitForTimeout(500);
    return { heap: (await metrics(devtools))("JSHeapUsedSize") / MB, process: await renderer() };
  };
  const answer = async () => {
    const told = tell(bench.provider, 4000);
    await say(page, "Write a lot.");
    while (told.sent.length < 4000) await page.waitForTimeout(200);
    await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  };
  // the first answer brings what every answer needs: the highlighter, fonts, compiled code
  await answer();
  const began = performance.now();
  const before = await look();
  let most = before.process;
  while (performance.now() - began < MINUTES * 60_000) {
    await answer();
    most = Math.max(most, await renderer());
  }
  const after = await look();
  const hours = (performance.now() - began) / 3_600_000;
  const anHour = (after.heap - before.heap) / hours;
  const growth = anHour / before.process;
  figure({
    id: "U10",
    what: `memory of the page's process with that chat while answers are written for ${MINUTES} min; growth of its heap in an hour`,
    values: [
      { value: most, gate: 350, goal: 250 },
      { value: growth, gate: 0.1, goal: 0.02 },
    ],
    gate: "350 MB; 10 %",
    goal: "250 MB; flat",
    measured: `${Math.round(before.process)} MB, at most ${Math.round(most)}, after collection ${Math.round(after.process)}; heap ${before.heap.toFixed(1)} to ${after.heap.toFixed(1)} MB, which is ${Math.round(anHour)} MB an hour (${percent(growth)})`,
  });
});

// An answer of 20,000 characters at 200 tokens a second, in the conversation of 10,000 messages (U4, U5, U6, U7), and what a
// program notices of it (U12).

import { say } from "../support/test.ts";
import { metrics, openLong, test } from "./support/bench.ts";
import { figure, median, ms, percent, share } from "./support/figure.ts";
import { latencies } from "./support/latency.ts";
import { behind, follow, tell, toldUntil } from "./support/speech.ts";

const TOKENS = 4000;

test("U4 U6 U7 a long answer is written", async ({ page, bench, devtools }) => {
  await openLong(page, bench.app);
  const told = tell(bench.provider, TOKENS);
  await follow(page);
  const now = async () => {
    const value = await metrics(devtools);
    return { at: value("Timestamp"), busy: value("TaskDuration"), thread: value("ThreadTime"), script: value("ScriptDuration") };
  };
  await page.evaluate(() => { window.watch.long.length = 0; });
  await say(page, "Write a lot.");
  const stamps = [];
  // the first tokens also bring the answer's row and its list
  for (const count of [100, 1100, 2000, 3000, TOKENS]) {
    await toldUntil(told, count);
    stamps.push(await now());
  }
  const long = await page.evaluate(() => window.watch.long);
  await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  await page.waitForTimeout(500);
  const late = await behind(page, told);
  const [start, first, , third, end] = stamps as [typeof stamps[0], typeof stamps[0], unknown, typeof stamps[0], typeof stamps[0]];
  const rate = (from: typeof start, to: typeof start, of: "busy" | "thread" | "script") => (to[of] - from[of]) / (to.at - from.at);
  const longest = Math.max(0, ...long);
  figure({
    id: "U4",
    what: "20,000 characters at 200 tokens a second in that chat: processor time of the main thread; longest task",
    values: [
      { value: rate(start, end, "thread"), gate: 0.5, goal: 0.25 },
      { value: longest, gate: Number.POSITIVE_INFINITY, goal: 50 },
    ],
    gate: "50 %",
    goal: "25 %; 50 ms",
    measured: `${percent(rate(start, end, "thread"))} (by the clock ${percent(rate(start, end, "busy"))}, script ${percent(rate(start, end, "script"))}); ${ms(longest)}, ${long.length} over 50 ms`,
  });
  figure({
    id: "U6",
    what: "tokens on the screen behind tokens sent, the last 1,000: median; the last one",
    values: [{ value: late.at(-1) ?? Number.NaN, gate: 150, goal: 50 }],
    gate: "150 ms",
    goal: "50 ms",
    measured: `${ms(median(late.slice(-1000)))} (p95 ${ms(share(late.slice(-1000), 0.95))}); ${ms(late.at(-1) ?? Number.NaN)}`,
  });
  const ratio = (end.thread - third.thread) / (first.thread - start.thread);
  figure({
    id: "U7",
    what: "processor time of the last 1,000 tokens against the first",
    values: [{ value: ratio, gate: 2, goal: 1.2 }],
    gate: "2 x",
    goal: "1.2 x",
    measured: `${ratio.toFixed(2)} x (${Math.round((first.thread - start.thread) * 1e3)} us and ${Math.round((end.thread - third.thread) * 1e3)} us a token)`,
  });
});

test("U5 typing while it is written", async ({ page, bench }) => {
  await openLong(page, bench.app);
  const told = tell(bench.provider, TOKENS);
  await say(page, "Write a lot.");
  await toldUntil(told, 1000);
  await page.evaluate(() => { window.watch.keys.length = 0; });
  const text = "What is typed while an answer is being written has to be seen at once, letter for letter. ";
  await page.getByRole("textbox", { name: "Message", exact: true }).pressSequentially(text.repeat(2), { delay: 40, timeout: 60_000 });
  const slow = await page.evaluate(() => window.watch.keys);
  const strokes = text.length * 2;
  // the browser tells of those that took 16 ms and more
  const all = [...slow, ...Array.from({ length: Math.max(0, strokes - slow.length) }, () => 16)];
  figure({
    id: "U5",
    what: "keystroke to paint meanwhile, p95",
    values: [{ value: share(all, 0.95), gate: 50, goal: 25 }],
    gate: "50 ms",
    goal: "25 ms",
    measured: `${ms(share(all, 0.95))} (median ${ms(median(all))}, worst ${ms(share(all, 1))}; ${strokes} keys, in steps of 8 ms)`,
  });
  const stop = page.getByRole("button", { name: "Stop" });
  if (await stop.isVisible()) await stop.click();
});

test("U12 a program calls while the window is busy", async ({ page, bench, devtools }) => {
  await openLong(page, bench.app);
  const idle: number[] = [];
  const busy: number[] = [];
  for (let round = 0; round < 3; round++) {
    idle.push(...(await latencies(bench.app.baseUrl, bench.key, 2000)));
    const told = tell(bench.provider, TOKENS);
    await say(page, "Write a lot.");
    await toldUntil(told, 200);
    const box = await page.getByRole("log").boundingBox();
    // an answer is written and the thread is scrolled all the time
    const scrolled = devtools
      .send("Input.synthesizeScrollGesture", {
        x: (box?.x ?? 0) + 300,
        y: (box?.y ?? 0) + 300,
        yDistance: 12_000,
        speed: 3000,
        gestureSourceType: "mouse",
      });
    busy.push(...(await latencies(bench.app.baseUrl, bench.key, 2000)));
    await scrolled;
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Send", exact: true }).waitFor();
  }
  const ratio = median(busy) / median(idle);
  figure({
    id: "U12",
    what: "latency of `GET /v1/models` while the window streams and scrolls, against idle, p50",
    values: [{ value: ratio, gate: 2, goal: 1.2 }],
    gate: "2 x",
    goal: "1.2 x",
    measured: `${ratio.toFixed(2)} x (${Math.round(median(busy) * 1000)} and ${Math.round(median(idle) * 1000)} us; p99 ${ms(share(busy, 0.99))} and ${ms(share(idle, 0.99))})`,
  });
});

// The list of sessions and the search through all that was said (U8, U11).

import { readdirSync, readFileSync } from "node:fs";
import { fresh, test } from "./support/bench.ts";
import { scrollThrough } from "./support/scroll.ts";
import { figure, median, ms, share } from "./support/figure.ts";

/** Nanoseconds of processor time that a process has taken. */
function processorTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, id) => sum + Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]), 0);
}

/** Words of the history, from often to seldom, and what a search should survive. */
async function queries(ask: (query: string) => Promise<Array<{ snippet: Array<{ text: string }> }>>): Promise<string[]> {
  const hits = await ask("e");
  const words = [...new Set(hits.flatMap((hit) => hit.snippet.flatMap((piece) => piece.text.split(/[^a-z]+/))))].filter((word) => word.length > 3);
  const some = words.filter((_, at) => at % Math.max(1, Math.floor(words.length / 8)) === 0).slice(0, 8);
  const nasty = ["a", "et", "ta", "nos", '"', "*", "漢字", "🦀", "zz", "x".repeat(2000)];
  return [...some, `${some[0]} ${some[1]}`, `"${some[2]} ${some[3]}"`, ...nasty];
}

test("U8 search through a million messages", async ({ page, bench }) => {
  const { app } = bench;
  const ask = (query: string) => app.control<Array<{ snippet: Array<{ text: string }> }>>("session.search", { query, limit: 40 });
  const all = await queries(ask);
  const cpu: Array<{ query: string; took: number }> = [];
  for (const query of all) {
    await ask(query);
    const before = processorTime(app.pid);
    for (let n = 0; n < 10; n++) await ask(query);
    cpu.push({ query, took: (processorTime(app.pid) - before) / 1e7 });
  }
  await fresh(page, app, "/chat");
  const field = page.getByRole("searchbox");
  await field.waitFor();
  await page.evaluate(noteChanges);
  const times: number[] = [];
  const seen = new Set<string>();
  // keys that every keyboard has: others come as a whole, without a stroke to measure from
  for (const query of all.filter((one) => /^[ -~]{1,100}$/.test(one))) {
    await field.fill("");
    for (let end = 1; end <= query.length; end++) {
      const typed = query.slice(0, end).trim();
      const key = query[end - 1] ?? "";
      // nothing is asked again that was asked a moment ago
      if (seen.has(typed)) {
        await field.press(key === " " ? "Space" : key);
        continue;
      }
      seen.add(typed);
      const painted = page.evaluate(resultsOf, typed);
      await field.press(key);
      times.push(await painted);
      await page.waitForTimeout(30);
    }
  }
  const worst = cpu.toSorted((a, b) => b.took - a.took)[0];
  figure({
    id: "U8",
    what: "search, keystroke to results painted, p95; processor time of the search itself, the dearest",
    values: [
      { value: share(times, 0.95), gate: 150, goal: 60 },
      { value: worst?.took ?? Number.NaN, gate: Number.POSITIVE_INFINITY, goal: 10 },
    ],
    gate: "150 ms",
    goal: "60 ms; 10 ms",
    measured: `${ms(share(times, 0.95))} (median ${ms(median(times))}, worst ${ms(share(times, 1))}; ${times.length} keys); ${ms(worst?.took ?? Number.NaN)} for \`${worst?.query.slice(0, 12)}\`, median ${ms(median(cpu.map((one) => one.took)))}`,
  });
  for (const { query, took } of cpu) console.log(`search ${JSON.stringify(query.slice(0, 12))}: ${took.toFixed(2)} ms of processor time`);
});

test("U11 the list of 50,000 sessions", async ({ page, bench, devtools }) => {
  const opened: number[] = [];
  const filtered: number[] = [];
  for (let round = 0; round < 7; round++) {
    await fresh(page, bench.app, "/settings");
    await page.getByRole("heading", { name: "Settings" }).first().waitFor();
    await page.waitForTimeout(500);
    const seen = page.evaluate(() => window.watch.until(() => document.querySelectorAll("a[data-row]").length > 8));
    await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name: "Chat" }).click();
    opened.push(await seen);
    await page.waitForTimeout(300);
    // of programs there are none: all rows are looked at to find that out
    const none = page.evaluate(() => window.watch.until(() => document.querySelector("a[data-row]") === null));
    await page.getByRole("button", { name: "Programs", exact: true }).click();
    filtered.push(await none);
    await page.waitForTimeout(300);
    const own = page.evaluate(() => window.watch.until(() => document.querySelectorAll("a[data-row]").length > 8));
    await page.getByRole("button", { name: "Yours", exact: true }).click();
    filtered.push(await own);
  }
  const list = "aside .overflow-y-auto";
  const scrolled = await scrollThrough(page, devtools, list, 16_000, 4000);
  figure({
    id: "U11",
    what: "list of 50,000 sessions: open; filter",
    values: [
      { value: median(opened), gate: 200, goal: 100 },
      { value: median(filtered), gate: 50, goal: 16 },
    ],
    gate: "200 ms; 50 ms",
    goal: "100 ms; 16 ms",
    measured: `${ms(median(opened))} (best ${ms(share(opened, 0))}); ${ms(median(filtered))} (worst ${ms(share(filtered, 1))}); ${scrolled.late} of ${scrolled.frames} frames over 32 ms while it is scrolled`,
  });
});

/** In the page: notes when the list last changed. */
function noteChanges(): void {
  const list = document.querySelector("aside");
  if (list === null) throw new Error("there is no list");
  const noted = window as unknown as { changed: number };
  noted.changed = 0;
  new MutationObserver(() => { noted.changed = performance.now(); }).observe(list, { subtree: true, childList: true, characterData: true });
}

/** In the page: from the keystroke until what was found is on the screen; until the answer where that changes nothing. */
async function resultsOf(typed: string): Promise<number> {
  const noted = window as unknown as { changed: number };
  let stroke = 0;
  window.addEventListener("keydown", (event) => { stroke = event.timeStamp; }, { capture: true, once: true });
  const frame = () => new Promise(requestAnimationFrame);
  for (;;) {
    await frame();
    const answer = window.watch.answered.find(({ command, args }) => command === "session.search" && args.query === typed);
    if (answer === undefined) continue;
    if (noted.changed > answer.at) {
      await new Promise<void>((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done();
        requestAnimationFrame(() => channel.port2.postMessage(null));
      });
      return performance.now() - stroke;
    }
    if (performance.now() - answer.at > 300) return answer.at - stroke;
  }
}

// An answer of real markdown whose every token carries its number, so that what is on the screen tells how far it is.

import type { Page } from "@playwright/test";
import type { Provider } from "../../support/provider.ts";

const mark = (n: number) => `k${String(n).padStart(4, "0")} `;

/** Tokens of six letters: paragraphs, a list, a table, code. */
export function tokens(count: number): string[] {
  const made: string[] = [];
  const some = (many: number, before = "", after = "") => {
    for (let n = 0; n < many && made.length < count; n++) {
      made.push((n === 0 ? before : "") + mark(made.length) + (n === many - 1 ? after : ""));
    }
  };
  while (made.length < count) {
    some(3, "\n\n## ", "\n\n");
    some(60);
    some(10, "**", "**\n\n");
    for (let item = 0; item < 4; item++) some(9, "- ", "\n");
    made.push("\n| a | b |\n|---|---|\n");
    for (let row = 0; row < 4; row++) {
      some(4, "| ", "| ");
      some(4, "", "|\n");
    }
    made.push("\n```js\n");
    for (let line = 0; line < 6; line++) some(7, "const v = '", "';\n");
    made.push("```\n\n");
  }
  return made.slice(0, count);
}

export interface Told {
  pieces: string[];
  /** When each piece was sent, in milliseconds of the clock on the wall. */
  sent: number[];
}

/** Lets the provider say this many tokens, so many a second; what it has said is noted. */
export function tell(provider: Provider, count: number, rate = 200): Told {
  const told: Told = { pieces: tokens(count), sent: [] };
  provider.say = () => ({ pieces: told.pieces, rate, sent: (piece) => { told.sent[piece] = Date.now(); } });
  return told;
}

/** Until so many tokens were sent. */
export async function toldUntil(told: Told, count: number): Promise<void> {
  while (told.sent.length < count) await new Promise((next) => setTimeout(next, 5));
}

/** Notes in each frame which token is the last on the screen. */
export async function follow(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Array<[number, number]> = [];
    (window as unknown as { shown: typeof seen }).shown = seen;
    let answer: Element | null = null;
    const channel = new MessageChannel();
    // after the frame was painted
    channel.port1.onmessage = () => {
      answer ??= document.querySelector("article[aria-busy=true]");
      const text = answer?.querySelector(".prose")?.lastElementChild?.textContent ?? "";
      const number = /k(\d{4})\D*$/.exec(text.slice(-120))?.[1];
      if (number !== undefined && Number(number) > (seen.at(-1)?.[1] ?? -1)) seen.push([Date.now(), Number(number)]);
    };
    const frame = () => {
      channel.port2.postMessage(null);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** For each token that has a number, how many milliseconds after it was sent it was on the screen. */
export async function behind(page: Page, told: Told): Promise<number[]> {
  const shown = await page.evaluate(() => (window as unknown as { shown: Array<[number, number]> }).shown);
  const late: number[] = [];
  let at = 0;
  for (const [index, sent] of told.sent.entries()) {
    if (!/k\d{4}/.test(told.pieces[index] ?? "")) continue;
    while (at < shown.length && (shown[at]?.[1] ?? 0) < index) at += 1;
    const when = shown[at]?.[0];
    if (when !== undefined) late.push(when - sent);
  }
  return late;
}

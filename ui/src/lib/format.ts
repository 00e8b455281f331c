// Figures as the window writes them, in the reader's language. Amounts are integers of micro-dollars, which are
// summed as such; they become a fraction only here, where a double still holds every one of their digits.

import { locale, words } from "@/i18n";

const t = words("figures");

/** What `make` gives for the language that is spoken, made once for each. */
function spoken<T>(make: (tag: string) => T): () => T {
  const made = new Map<string, T>();
  return () => {
    const tag = locale();
    const found = made.get(tag) ?? make(tag);
    made.set(tag, found);
    return found;
  };
}

const numbers = (options: Intl.NumberFormatOptions) => spoken((tag) => new Intl.NumberFormat(tag, options));
// British English writes the day before the month, as this app's English does
const dates = (options: Intl.DateTimeFormatOptions) =>
  spoken((tag) => new Intl.DateTimeFormat(tag === "en" ? "en-GB" : tag, options));

const whole = numbers({});
const oneDecimal = numbers({ maximumFractionDigits: 1 });
const twoDecimals = numbers({ maximumFractionDigits: 2 });
const compact = numbers({ notation: "compact", maximumFractionDigits: 1 });
const dollars = numbers({
  style: "currency",
  currency: "USD",
  currencyDisplay: "narrowSymbol",
  maximumFractionDigits: 6,
});
const unit = (name: string, digits: number, unitDisplay: "short" | "long" = "short") =>
  numbers({ style: "unit", unit: name, unitDisplay, maximumFractionDigits: digits });
const inMinutes = unit("minute", 0);
const inHours = unit("hour", 0);
const sizes = {
  // its short form is "byte" for many, too
  byte: unit("byte", 0, "long"),
  kilobyte: unit("kilobyte", 0),
  megabyte: unit("megabyte", 1),
  gigabyte: unit("gigabyte", 2),
};
const weekday = dates({ weekday: "short" });
const dayOfYear = dates({ day: "numeric", month: "short" });
const dayOfYears = dates({ day: "numeric", month: "short", year: "numeric" });
const dayInUtc = dates({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const minuteOfDay = dates({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});
const relative = spoken((tag) => new Intl.RelativeTimeFormat(tag, { numeric: "auto", style: "short" }));

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `$0.25`, `$0.000153`: as many decimals as the amount needs, at least two. */
export const money = (micros: number): string => dollars().format(Math.trunc(micros) / 1_000_000);

/** For sums: two decimals from a dollar up, else as exact as needed. */
export function moneySum(micros: number): string {
  if (Math.abs(micros) < 1_000_000) return money(micros);
  return money(Math.round(micros / 10_000) * 10_000);
}

/** Known cost with what is not known beside it. */
export function cost(micros: number | null, unknown = 0): string {
  if (micros === null) return t("costUnknown");
  if (unknown === 0) return moneySum(micros);
  return micros === 0 ? t("costUnknown") : t("plusUnknown", { sum: moneySum(micros) });
}

/** Reads dollars exactly; `null` when the text is no amount. A comma is taken as a point. */
export function parseDollars(text: string): number | null {
  const match = /^(\d{1,9})(?:[.,](\d{0,6}))?$/.exec(text.trim().replace(/^\$/, ""));
  if (!match) return null;
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? "").padEnd(6, "0"));
}

/** `5.00`, `0.000153`: dollars as they are typed, without a sign or groups. */
export const typedDollars = (micros: number): string =>
  (micros / 1_000_000).toFixed(6).replace(/(\.\d\d\d*?)0+$/, "$1");

/** `12,345` */
export const group = (n: number): string => whole().format(n);

const shares = numbers({ style: "percent", maximumFractionDigits: 0 });
/** A share of one, in whole percent. */
export const percent = (share: number): string => shares().format(share);

/** `950`, `12.3K`, `4.1M`: tokens where space is short. */
export const short = (n: number): string => compact().format(n);

/** `9.8`, `42`: speeds. */
export const oneOrNone = (n: number): string =>
  (n < 10 ? oneDecimal() : whole()).format(n < 10 ? n : Math.round(n));

/** `98.4 MB` */
export function bytes(n: number): string {
  if (n < 1000) return sizes.byte().format(n);
  if (n < 1_000_000) return sizes.kilobyte().format(n / 1000);
  return n < 1_000_000_000
    ? sizes.megabyte().format(n / 1_000_000)
    : sizes.gigabyte().format(n / 1_000_000_000);
}

/** `10,000,001 bytes`: where a rounded size would say nothing. */
export const bytesExactly = (n: number): string => sizes.byte().format(n);

/** `42 ms`, `0.4 s`, `12 s`, `2 min 5 s`; the units' symbols are the same in every language. */
export function duration(ms: number): string {
  if (ms < 100) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 9950) return `${oneDecimal().format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `0.4 ms`, `42 ms`, `240 ms`, `1.24 s`, `12 s`: where times are compared. */
export function exactly(ms: number): string {
  if (ms < 9.95) return `${oneDecimal().format(ms)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 9995 ? `${twoDecimals().format(ms / 1000)} s` : duration(ms);
}

/** `now`, `5 min`, `3 hr`, `Tue`, `12 Nov`, `12 Nov 2025`: in lists. */
export function ago(then: number, now: number): string {
  const passed = now - then;
  if (passed < MINUTE) return t("now");
  if (passed < HOUR) return inMinutes().format(Math.floor(passed / MINUTE));
  if (passed < DAY) return inHours().format(Math.floor(passed / HOUR));
  if (passed < 6 * DAY) return weekday().format(then);
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayOfYear : dayOfYears)().format(then);
}

/** `now`, `5 min. ago`, `3 hr. ago`, `yesterday`, `12 Nov 2025`: in sentences. */
export function since(then: number, now: number): string {
  const passed = now - then;
  if (passed < MINUTE) return relative().format(0, "second");
  if (passed < HOUR) return relative().format(-Math.floor(passed / MINUTE), "minute");
  if (passed < DAY) return relative().format(-Math.floor(passed / HOUR), "hour");
  if (passed < 6 * DAY) return relative().format(-Math.floor(passed / DAY), "day");
  return dayOfYears().format(then);
}

/** `22 Nov 2026, 14:05` in the reader's zone. */
export const moment = (then: number): string => minuteOfDay().format(then);

/** `1 call`, `2 calls` */
export const countOf = (what: "agents" | "calls", count: number): string =>
  t(what, { count, n: group(count) });

/** `48.2`, `1,284`: where speeds are compared. */
export const decimal = (n: number): string =>
  (n < 100 ? oneDecimal() : whole()).format(n < 100 ? n : Math.round(n));

/** `22 Nov 2026` in the reader's zone. */
export const date = (then: number): string => dayOfYears().format(then);

/** `22 Nov 2026` of a day of the ledger, which is written `2026-11-22` and counted in UTC. */
export const dayName = (day: string): string => (day === "" ? "" : dayInUtc().format(Date.parse(day)));

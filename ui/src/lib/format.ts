// Figures as the window writes them. Amounts are integers of micro-dollars; no float holds or sums one.

/** `$0.25`, `$0.000153`: as many decimals as the amount needs, at least two. */
export function money(micros: number): string {
  const sign = micros < 0 ? "-" : "";
  const all = Math.abs(Math.trunc(micros));
  const decimals = String(all % 1_000_000).padStart(6, "0");
  const kept = Math.max(2, decimals.replace(/0+$/, "").length);
  return `${sign}$${group(Math.trunc(all / 1_000_000))}.${decimals.slice(0, kept)}`;
}

/** For sums: two decimals from a dollar up, else as exact as needed. */
export function moneySum(micros: number): string {
  if (Math.abs(micros) < 1_000_000) return money(micros);
  return money(Math.round(micros / 10_000) * 10_000);
}

/** Known cost with what is not known beside it. */
export function cost(micros: number | null, unknown = 0): string {
  if (micros === null) return "cost unknown";
  if (unknown === 0) return moneySum(micros);
  return micros === 0 ? "cost unknown" : `${moneySum(micros)} + unknown`;
}

/** Reads dollars exactly; `null` when the text is no amount. */
export function parseDollars(text: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{0,6}))?$/.exec(text.trim().replace(/^\$/, ""));
  if (!match) return null;
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? "").padEnd(6, "0"));
}

/** `12,345` */
export const group = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

/** `950`, `12.3k`, `4.1M`: tokens where space is short. */
export function short(n: number): string {
  if (n < 1000) return String(n);
  const [value, unit] = n < 999_500 ? [n / 1000, "k"] : [n / 1_000_000, "M"];
  return `${value < 99.95 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)}${unit}`;
}

/** `98.4 MB` */
export function bytes(n: number): string {
  if (n < 1_000_000) return `${Math.max(1, Math.round(n / 1000))} kB`;
  return n < 1_000_000_000 ? `${(n / 1_000_000).toFixed(1)} MB` : `${(n / 1_000_000_000).toFixed(2)} GB`;
}

/** `42 ms`, `0.4 s`, `12 s`, `2 min 5 s` */
export function duration(ms: number): string {
  if (ms < 100) return `${Math.max(1, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `now`, `5 min`, `3 h`, `Tue`, `12 Nov`, `12 Nov 2025` */
export function ago(then: number, now: number): string {
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  const date = new Date(then);
  if (minutes < 6 * 24 * 60) return date.toLocaleDateString("en-GB", { weekday: "short" });
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return date.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

/** `22 Nov 2026, 14:05` in the reader's zone. */
export const moment = (then: number): string =>
  new Date(then).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });

/** `1 call`, `2 calls` */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${group(n)} ${n === 1 ? one : many}`;

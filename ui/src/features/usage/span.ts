// Which usage is shown: the span, the grouping, the measure. It lies in the address. Days begin at midnight in UTC,
// as the ledger and the budgets count them.

import type { UsageBy } from "@/api/generated/types";

const DAY = 86_400_000;

export const RANGES = ["7d", "30d", "90d", "month", "custom"] as const;
export const GROUPS = ["agent", "model", "provider", "key", "client"] as const satisfies readonly UsageBy[];
export const MEASURES = ["cost", "tokens", "calls"] as const;

export type Range = (typeof RANGES)[number];
export type By = (typeof GROUPS)[number];
export type Measure = (typeof MEASURES)[number];

export interface Shown {
  range?: Range;
  /** The first day of a custom span: `2026-11-01`. */
  from?: string;
  /** Its last day, which is shown too. */
  to?: string;
  by?: By;
  measure?: Measure;
}

const one = <V extends string>(known: readonly V[], value: unknown) => known.find((each) => each === value);
const day = (value: unknown) =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d$/u.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : undefined;

/** What an address asks for; whatever else stands there is left out. */
export function spanOf(search: Record<string, unknown>): Shown {
  return {
    range: one(RANGES, search.range),
    from: day(search.from),
    to: day(search.to),
    by: one(GROUPS, search.by),
    measure: one(MEASURES, search.measure),
  };
}

export const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

export interface Span {
  /** From this moment. */
  since: number;
  /** Until before this one; `null` is open. */
  until: number | null;
  /** The last day that is shown. */
  last: number;
}

/** The span, from the start of a day to the end of one, so that the question stays the same all day. */
export function boundsOf({ range = "30d", from, to }: Shown, now: number): Span {
  const today = Math.floor(now / DAY) * DAY;
  if (range === "custom") {
    const last = to === undefined ? today : Date.parse(to);
    const first = from === undefined ? last - 29 * DAY : Date.parse(from);
    return { since: Math.min(first, last), until: Math.max(first, last) + DAY, last: Math.max(first, last) };
  }
  if (range === "month") {
    const date = new Date(now);
    return { since: Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1), until: null, last: today };
  }
  const days = { "7d": 7, "30d": 30, "90d": 90 }[range];
  return { since: today - (days - 1) * DAY, until: null, last: today };
}

/** The days of a span, written as the ledger writes them; the newest two years of a longer one. */
export function daysOf({ since, last }: Span): string[] {
  const count = Math.min(732, Math.floor((last - since) / DAY) + 1);
  return Array.from({ length: count }, (_, at) => isoDay(last - (count - 1 - at) * DAY));
}

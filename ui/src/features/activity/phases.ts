// The phases of an attempt, from its times; all in microseconds since the call arrived.

import type { Timings } from "@/api/generated/types";

export interface Phase {
  kind: "queue" | "retry" | "between" | "connect" | "wait" | "write" | "close";
  from: number;
  to: number;
}

/** The attempt before: when it ended, and whether it had an answer, so that this one is no retry but the next question. */
export interface Before {
  readonly end: number;
  readonly answered: boolean;
}

/** The phases that took place, in order. What is not known is not there; what was before is not this attempt's. */
export function phasesOf(times: Timings, before: Before | null = null): Phase[] {
  const phases: Phase[] = [];
  const add = (kind: Phase["kind"], from: number, to: number) => {
    if (to > from) phases.push({ kind, from, to });
  };
  const total = times.total_us;
  const sent = times.sent_us ?? total;
  if (before === null) add("queue", 0, sent);
  else add(before.answered ? "between" : "retry", before.end, sent);
  if (times.sent_us === null) return phases;
  const connected = sent + (times.connect_us ?? 0);
  add("connect", sent, connected);
  const first = times.first_token_us ?? total;
  add("wait", connected, first);
  if (times.first_token_us === null) return phases;
  const last = times.last_token_us ?? total;
  add("write", first, last);
  add("close", last, total);
  return phases;
}

/** Round marks from nothing to the end, three to six of them. */
export function ticks(end: number): number[] {
  const rough = end / 5;
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= rough) ?? rough;
  const count = Math.floor(end / step);
  return Array.from({ length: count + 1 }, (_, at) => at * step).filter((at) => at <= end * 0.97);
}

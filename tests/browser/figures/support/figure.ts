// A figure, its gate and its goal.

import { test } from "@playwright/test";
import type { Figure } from "./table.ts";

interface Judged {
  id: string;
  what: string;
  /** Each value beside its gate and its goal; all have to hold. */
  values: Array<{ value: number; gate: number; goal: number }>;
  gate: string;
  goal: string;
  measured: string;
}

/** Writes a figure down for the table. It fails nothing: what a gate's miss means is for whoever reads. */
export function figure({ id, what, values, gate, goal, measured }: Judged): void {
  const within = (limit: "gate" | "goal") => values.every((one) => one.value <= one[limit]);
  const met = values.length === 0 ? "not judged" : within("goal") ? "goal" : within("gate") ? "gate" : "missed";
  const row: Figure = { id, what, gate, goal, measured, met };
  test.info().annotations.push({ type: "figure", description: JSON.stringify(row) });
}

/** The value below which this share of all lies. */
export function share(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => share(values, 0.5);

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
export const percent = (value: number): string => `${(value * 100).toFixed(value < 0.1 ? 1 : 0)} %`;

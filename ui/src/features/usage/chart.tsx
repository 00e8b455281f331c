import { useMemo, useState } from "react";
import type { UsageReport } from "@/api/generated/types";
import { dayName, group, money, moneySum, short } from "@/lib/format";
import { measured, nameOf } from "./names";
import type { By, Measure } from "./span";
import { t } from "./words";

/** So many groups have an ink of their own; the others are one. */
const INKS = 6;
const inkOf = (at: number) => (at < INKS ? `var(--c-chart-${at + 1})` : "var(--c-edge)");

interface Stack {
  day: string;
  /** By group's place; those without an ink in the last. */
  parts: number[];
  sum: number;
  unknown: number;
}

export function stacksOf(report: UsageReport, days: readonly string[], measure: Measure): Stack[] {
  const stacks = new Map(days.map((day) => [day, { day, parts: [] as number[], sum: 0, unknown: 0 }]));
  for (const cell of report.cells) {
    const stack = stacks.get(cell.day);
    if (stack === undefined) continue;
    const at = Math.min(cell.group, INKS);
    const value = measured(cell, measure);
    stack.parts[at] = (stack.parts[at] ?? 0) + value;
    stack.sum += value;
    stack.unknown += cell.unknown_cost;
  }
  return [...stacks.values()];
}

interface ChartProps {
  report: UsageReport;
  days: readonly string[];
  by: By;
  measure: Measure;
}

const exact = (value: number, measure: Measure) => (measure === "cost" ? money(value) : group(value));
const brief = (value: number, measure: Measure) => (measure === "cost" ? moneySum(value) : short(value));

/** A column a day, stacked by group. Its table says the same to those who cannot see it. */
export function Chart({ report, days, by, measure }: ChartProps) {
  const stacks = useMemo(() => stacksOf(report, days, measure), [report, days, measure]);
  const [shown, setShown] = useState<Stack | null>(null);
  const most = Math.max(...stacks.map(({ sum }) => sum), 0);
  const first = days[0];
  const last = days.at(-1);
  const name = t(`perDay.${measure}`);
  return (
    <figure onPointerLeave={() => setShown(null)}>
      <figcaption className="tnum flex h-5 justify-between gap-4 text-ink-3 text-xs">
        <span className="truncate">
          {shown === null ? name : `${dayName(shown.day)}: ${exact(shown.sum, measure)}`}
          {shown !== null && shown.unknown > 0 && `, ${t("unknown", { count: shown.unknown })}`}
        </span>
        <span className="shrink-0">{most > 0 && t("atMost", { most: brief(most, measure) })}</span>
      </figcaption>
      <div
        role="img"
        aria-label={t("chart", { what: name, from: dayName(first ?? ""), to: dayName(last ?? "") })}
        className="relative mt-1 flex h-44 items-end border-line border-y"
        data-testid="chart"
      >
        <div className="absolute inset-x-0 top-1/2 border-line border-t" />
        {stacks.map((stack) => (
          <div
            key={stack.day}
            className="relative flex h-full min-w-0 flex-1 flex-col justify-end hover:bg-hover"
            data-day={stack.day}
            onPointerEnter={() => setShown(stack)}
          >
            <div
              className="mx-auto flex w-[calc(100%-1px)] max-w-10 flex-col-reverse gap-px"
              style={{ height: stack.sum === 0 ? 0 : `max(2px, ${(stack.sum / most) * 100}%)` }}
            >
              {stack.parts.map(
                (part, at) =>
                  part > 0 && (
                    <div
                      // biome-ignore lint/suspicious/noArrayIndexKey: a group's place is what it is
                      key={at}
                      className="min-h-px"
                      style={{ flexGrow: part, flexBasis: 0, background: inkOf(at) }}
                    />
                  ),
              )}
            </div>
          </div>
        ))}
      </div>
      <div className="tnum flex justify-between pt-1 text-2xs text-ink-3">
        <span>{first && dayName(first)}</span>
        <span>{last && last !== first && dayName(last)}</span>
      </div>
      <Legend report={report} by={by} />
    </figure>
  );
}

function Legend({ report, by }: Pick<ChartProps, "report" | "by">) {
  const names = report.groups.slice(0, INKS).map(({ group, id }) => nameOf({ group, id: id ?? null }, by));
  if (report.groups.length > INKS) names.push(t("others", { count: report.groups.length - INKS }));
  return (
    <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-ink-2 text-xs">
      {names.map((name, at) => (
        <li key={name} className="flex min-w-0 items-center gap-1.5">
          <Swatch at={at} />
          <span className="truncate">{name}</span>
        </li>
      ))}
    </ul>
  );
}

export function Swatch({ at }: { at: number }) {
  return (
    <span aria-hidden="true" className="size-2.5 shrink-0 rounded-[2px]" style={{ background: inkOf(at) }} />
  );
}

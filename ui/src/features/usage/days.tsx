import { useState } from "react";
import type { UsageRow } from "@/api/generated/types";
import { countOf, group, moneySum, short } from "@/lib/format";

const DAY = 86_400_000;
const tokens = (row: UsageRow) => row.usage.input + row.usage.output;
const dayName = (iso: string) =>
  new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });

const NO_USAGE = { input: 0, cached_input: 0, cache_write: 0, output: 0, reasoning: 0 };

/** Every day of the span up to today, also those on which nothing happened; at least two weeks and at most a year. */
export function everyDay(rows: readonly UsageRow[], from: number | null, to: number): UsageRow[] {
  const known = new Map(rows.map((row) => [row.group, row]));
  const today = Math.floor(to / DAY);
  const oldest = [...known.keys()].sort()[0];
  const first = from ?? (oldest === undefined ? to : Date.parse(`${oldest}T00:00:00Z`));
  const count = Math.min(366, Math.max(from === null ? 14 : 1, today - Math.floor(first / DAY) + 1));
  return Array.from({ length: count }, (_, at) => {
    const group = new Date((today - count + 1 + at) * DAY).toISOString().slice(0, 10);
    return (
      known.get(group) ?? {
        group,
        calls: 0,
        failed: 0,
        usage: NO_USAGE,
        cost: 0,
        reported_cost: 0,
        unknown_cost: 0,
      }
    );
  });
}

/** Tokens a day. */
export function Days({ rows, from, to }: { rows: readonly UsageRow[]; from: number | null; to: number }) {
  const days = everyDay(rows, from, to);
  const [shown, setShown] = useState<UsageRow | null>(null);
  const most = Math.max(1, ...days.map(tokens));
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="mt-5" onPointerLeave={() => setShown(null)}>
      <figcaption className="tnum flex h-5 justify-between text-ink-3 text-xs">
        {shown ? (
          <span>
            {dayName(shown.group)}: {group(tokens(shown))} tokens, {countOf("calls", shown.calls)},{" "}
            {moneySum(shown.cost)}
          </span>
        ) : (
          <span>Tokens a day, at most {short(most)}</span>
        )}
      </figcaption>
      <div className="flex h-28 items-end gap-px border-line border-b">
        {days.map((row) => (
          <div
            key={row.group}
            className="flex h-full flex-1 items-end hover:bg-hover"
            onPointerEnter={() => setShown(row)}
          >
            <div
              className="mx-px w-full rounded-t-[2px] bg-ink-3"
              style={{ height: tokens(row) === 0 ? 0 : `max(2px, ${(tokens(row) / most) * 100}%)` }}
            />
          </div>
        ))}
      </div>
      <div className="tnum flex justify-between pt-1 text-2xs text-ink-3">
        <span>{first && dayName(first.group)}</span>
        <span>{last && last !== first && dayName(last.group)}</span>
      </div>
    </figure>
  );
}

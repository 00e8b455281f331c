import { useState } from "react";
import type { UsageRow } from "@/api/generated/types";
import { group, moneySum, plural, short } from "@/lib/format";

const DAY = 86_400_000;
const tokens = (row: UsageRow) => row.usage.input + row.usage.output;
const dayName = (iso: string) =>
  new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** Every day from the first to the last, also those on which nothing happened. */
export function everyDay(rows: readonly UsageRow[]): UsageRow[] {
  const known = new Map(rows.map((row) => [row.group, row]));
  const days = [...known.keys()].sort();
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) return [];
  const all: UsageRow[] = [];
  const end = Math.max(Date.parse(`${last}T00:00:00Z`), Date.parse(`${first}T00:00:00Z`) + 6 * DAY);
  for (let at = end; all.length < 90 && (at >= Date.parse(`${first}T00:00:00Z`) || all.length < 14); at -= DAY) {
    const iso = new Date(at).toISOString().slice(0, 10);
    all.push(
      known.get(iso) ?? {
        group: iso,
        calls: 0,
        failed: 0,
        usage: { input: 0, cached_input: 0, cache_write: 0, output: 0, reasoning: 0 },
        cost: 0,
        unknown_cost: 0,
      },
    );
  }
  return all.reverse();
}

/** Tokens a day. */
export function Days({ rows }: { rows: readonly UsageRow[] }) {
  const days = everyDay(rows);
  const [shown, setShown] = useState<UsageRow | null>(null);
  const most = Math.max(1, ...days.map(tokens));
  const first = days[0];
  const last = days.at(-1);
  return (
    <figure className="mt-5" onPointerLeave={() => setShown(null)}>
      <figcaption className="tnum flex h-5 justify-between text-ink-3 text-xs">
        {shown ? (
          <span>
            {dayName(shown.group)}: {group(tokens(shown))} tokens, {plural(shown.calls, "call")}, {moneySum(shown.cost)}
          </span>
        ) : (
          <span>Tokens a day, at most {short(most)}</span>
        )}
      </figcaption>
      <div className="flex h-28 items-end gap-px border-line border-b">
        {days.map((row) => (
          <div key={row.group} className="flex h-full max-w-10 flex-1 items-end hover:bg-hover" onPointerEnter={() => setShown(row)}>
            <div
              className="mx-px w-full rounded-t-[2px] bg-ink-3"
              style={{ height: tokens(row) === 0 ? 0 : `max(2px, ${(tokens(row) / most) * 100}%)` }}
            />
          </div>
        ))}
      </div>
      <div className="tnum flex justify-between pt-1 text-2xs text-ink-3" style={{ maxWidth: `${days.length * 2.5}rem` }}>
        <span>{first && dayName(first.group)}</span>
        <span>{last && last !== first && dayName(last.group)}</span>
      </div>
    </figure>
  );
}

import type { CallView, Entry } from "@/api/generated/types";
import { cx } from "@/lib/cx";
import { exactly } from "@/lib/format";
import { type Phase, phasesOf, ticks } from "./phases";
import { t } from "./words";

// what the model took is darker than what surrounds it; each phase stands in words beside its bar
const LOOK: Record<Phase["kind"], string> = {
  queue: "bg-edge",
  retry: "bg-edge",
  between: "bg-edge",
  connect: "bg-edge",
  wait: "bg-ink-3",
  write: "bg-ink",
  close: "bg-edge",
};

/** Where the time went: a lane for each attempt, a bar for each phase. */
export function Waterfall({ view }: { view: CallView }) {
  if (view.entries.length === 0) {
    return <p className="text-ink-2">{view.outcome === null ? t("stillRunning") : t("neverSent")}</p>;
  }
  const end = Math.max(1, ...view.entries.map((entry) => entry.timings.total_us));
  return (
    <div data-testid="waterfall">
      <div className="relative ml-32 h-5 text-2xs text-ink-3" aria-hidden="true">
        {ticks(end).map((at) => (
          <span
            key={at}
            className="tnum -translate-x-1/2 absolute whitespace-nowrap first:translate-x-0"
            style={{ left: `${(at / end) * 100}%` }}
          >
            {at === 0 ? "0" : exactly(at / 1000)}
          </span>
        ))}
      </div>
      {view.entries.map((entry, at) => (
        <Lane
          key={entry.id}
          entry={entry}
          before={view.entries[at - 1]}
          end={end}
          alone={view.entries.length === 1}
        />
      ))}
    </div>
  );
}

interface LaneProps {
  entry: Entry;
  /** The attempt before it. */
  before: Entry | undefined;
  end: number;
  alone: boolean;
}

function Lane({ entry, before, end, alone }: LaneProps) {
  const phases = phasesOf(
    entry.timings,
    before ? { end: before.timings.total_us, answered: before.outcome.outcome === "succeeded" } : null,
  );
  return (
    <div className={cx("border-line border-t py-1.5", alone && "border-b")}>
      {!alone && <p className="pb-1 text-ink-2 text-xs">{t("attempt", { n: entry.number })}</p>}
      {phases.map((phase) => (
        <div key={phase.kind} className="flex h-6 items-center">
          <span className="w-32 shrink-0 truncate pr-2 text-ink-2 text-xs">{t(`phases.${phase.kind}`)}</span>
          <span className="relative h-full min-w-0 flex-1">
            <span
              aria-hidden="true"
              className={cx("absolute top-1.5 h-3 min-w-[2px] rounded-[2px]", LOOK[phase.kind])}
              style={{
                left: `${(phase.from / end) * 100}%`,
                width: `${((phase.to - phase.from) / end) * 100}%`,
              }}
            />
          </span>
          <span className="tnum w-20 shrink-0 text-right text-ink-2 text-xs">
            {exactly((phase.to - phase.from) / 1000)}
          </span>
        </div>
      ))}
    </div>
  );
}

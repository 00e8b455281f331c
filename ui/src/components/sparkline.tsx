import { cx } from "@/lib/cx";

export interface Tick {
  /** How tall; `null` is a thing that has no height, such as a failure. */
  value: number | null;
  bad: boolean;
}

const WIDTH = 3;
const HEIGHT = 22;
/** A failure took no time that could be compared: it is marked, and no bar among bars. */
const MARK = 4;

/** A small row of bars, the newest at the right; `label` says what they come to. */
export function Sparkline({ ticks, label, most }: { ticks: readonly Tick[]; label: string; most: number }) {
  // one slow call must not flatten all others
  const known = ticks.flatMap((tick) => (tick.value === null ? [] : [tick.value])).sort((a, b) => a - b);
  const top = known[Math.floor(known.length * 0.95)] ?? 1;
  const height = (tick: Tick) =>
    tick.value === null ? MARK : Math.max(2, Math.min(1, tick.value / Math.max(top, 1)) * HEIGHT);
  const left = (at: number) => (most - ticks.length + at) * WIDTH;
  return (
    <svg role="img" aria-label={label} width={most * WIDTH} height={HEIGHT} className="shrink-0">
      <title>{label}</title>
      {ticks.map((tick, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: bars have their place as identity
          key={at}
          x={left(at)}
          y={HEIGHT - height(tick)}
          width={WIDTH - 1}
          height={height(tick)}
          className={cx(tick.bad ? "fill-bad" : "fill-edge")}
        />
      ))}
    </svg>
  );
}

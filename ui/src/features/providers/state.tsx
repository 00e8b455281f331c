import type { ProviderHealth, ProviderState } from "@/api/generated/types";
import { Dot } from "@/components/page";
import { Sparkline, type Tick } from "@/components/sparkline";
import { duration, since } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { t } from "./words";

const TONES = {
  works: "good",
  failing: "bad",
  resting: "warn",
  key_missing: "warn",
  untried: "off",
} as const satisfies Record<ProviderState, string>;

/** How a provider stands, in words. */
export function State({ state }: { state: ProviderState }) {
  return (
    <span className="flex shrink-0 items-center gap-1.5 text-ink-2 text-xs" data-state={state}>
      <Dot tone={TONES[state]} />
      {t(`states.${state}`)}
    </span>
  );
}

/** Why it stands as it does, when that is no good news. */
export function Reason({ health }: { health: ProviderHealth }) {
  const now = useNow(30_000);
  const rest = health.resting[0];
  if (health.state === "resting" && rest) {
    return <p className="text-ink-2">{t("restingFor", { what: rest.what, time: duration(rest.for_ms) })}</p>;
  }
  if (health.state === "failing" && health.failure) {
    return (
      <p className="selectable text-ink-2 [overflow-wrap:anywhere]">
        {t("failedAt", { when: since(health.failure.at, now) })} {health.failure.message ?? t("kindOnly")}
      </p>
    );
  }
  return null;
}

const SHOWN = 50;

/** How soon the first word came in the last calls, and which of them failed. */
export function Latency({ health }: { health: ProviderHealth }) {
  const ticks: Tick[] = health.attempts.map((attempt) => {
    const bad = attempt.outcome.outcome === "failed";
    return { value: bad ? null : attempt.first_token_ms, bad };
  });
  const shown = ticks.filter((tick) => tick.bad || tick.value !== null);
  if (shown.length === 0) return null;
  const times = shown.flatMap((tick) => (tick.value === null ? [] : [tick.value])).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const failures = shown.filter((tick) => tick.bad).length;
  const label = [
    t("latency.calls", { count: shown.length }),
    median !== undefined && t("latency.median", { time: duration(median) }),
    failures > 0 && t("latency.failed", { count: failures }),
  ]
    .filter(Boolean)
    .join(", ");
  return (
    <span className="flex items-center gap-2">
      <Sparkline ticks={shown} label={label} most={SHOWN} />
      <span aria-hidden="true" className="tnum w-10 text-right text-ink-3 text-xs">
        {median === undefined ? "" : duration(median)}
      </span>
    </span>
  );
}

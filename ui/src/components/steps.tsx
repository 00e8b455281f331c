import type { Check, CheckState } from "@/api/generated/types";
import { duration } from "@/lib/format";
import { Dot } from "./page";
import { t } from "./words";

/** The steps of every test, in their order. */
const NAMES = ["reachable", "key", "models", "call", "stream", "tools"] as const;
const TONES: Record<CheckState, "good" | "warn" | "bad" | "off"> = {
  ok: "good",
  warning: "warn",
  failed: "bad",
  skipped: "off",
};

/** A provider's test, step by step, as far as it has come. */
export function Steps({ checks, running }: { checks: readonly Check[]; running: boolean }) {
  return (
    <ol
      aria-label={t("steps.title")}
      aria-busy={running}
      className="grid grid-cols-[auto_6.5rem_1fr_auto] gap-x-2.5"
    >
      {NAMES.map((name) => {
        const check = checks.find((one) => one.name === name);
        return (
          <li key={name} className="col-span-4 grid grid-cols-subgrid py-1" data-step={name}>
            <span className="flex h-5 items-center">
              <Dot tone={check ? TONES[check.state] : running ? "alive" : "off"} />
            </span>
            <span className={check ? "font-medium" : "text-ink-3"}>
              {t(`steps.${name}`)}
              <span className="sr-only">
                : {check ? t(`steps.states.${check.state}`) : t("steps.waiting")}
              </span>
            </span>
            <span className="min-w-0 [overflow-wrap:anywhere]">
              <span className="selectable text-ink-2">
                {check?.detail ?? (running ? t("steps.waiting") : "")}
              </span>
              {check?.hint && check.state !== "ok" && (
                <span className="selectable block text-ink-3 text-xs">{check.hint}</span>
              )}
            </span>
            <span className="tnum text-right text-ink-3 text-xs leading-5">
              {check?.took_ms != null && duration(check.took_ms)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

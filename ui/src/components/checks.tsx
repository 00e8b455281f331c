import type { Check } from "@/api/generated/types";
import { duration } from "@/lib/format";
import { Dot } from "./page";
import { t } from "./words";

const TONES = { ok: "good", warning: "warn", failed: "bad", skipped: "off" } as const;

/** What was looked at, how it stands, and what to do. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  return (
    <ul className="flex flex-col">
      {checks.map((check) => (
        <li key={check.name} className="flex gap-2.5 py-1.5">
          <span className="flex h-5 items-center">
            <Dot tone={TONES[check.state]} />
          </span>
          <div className="min-w-0 [overflow-wrap:anywhere]">
            <p>
              <span className="inline-block font-medium first-letter:uppercase">{check.name}</span>
              <span className="sr-only">: {t(`checks.states.${check.state}`)}</span>{" "}
              <span className="selectable text-ink-2">{check.detail}</span>
              {check.took_ms !== null && (
                <span className="tnum text-ink-3 text-xs"> {duration(check.took_ms)}</span>
              )}
            </p>
            {check.hint && check.state !== "ok" && (
              <p className="selectable text-ink-2 text-xs">{check.hint}</p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

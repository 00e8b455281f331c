// Whether programs get through: the first request that arrives from now on, and the attempts that were refused.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CallRow, ClientKeyView } from "@/api/generated/types";
import { agents, callsSince, keys } from "@/api/queries";
import { Button } from "@/components/button";
import { Dot } from "@/components/page";
import { duration, moment } from "@/lib/format";
import { Refused } from "./refused";
import { t } from "./words";

/** Waits for a request, and tells what arrived. */
export function Probe() {
  const [since, setSince] = useState(() => Date.now());
  const calls = useQuery(callsSince(since)).data?.calls ?? [];
  const known = useQuery(keys).data ?? [];
  const arrived = calls.find((call) => call.source.from === "client");
  return (
    <div
      className="border-line border-y py-3"
      data-testid="probe"
      data-state={arrived ? "arrived" : "waiting"}
    >
      <div aria-live="polite">
        {arrived ? (
          <Arrived call={arrived} known={known} onAgain={() => setSince(Date.now())} />
        ) : (
          <>
            <p className="flex items-center gap-2 font-medium">
              <Dot tone="off" />
              {t("probe.waiting")}
            </p>
            <p className="pl-[15px] text-ink-3 text-xs">{t("probe.waitingText")}</p>
          </>
        )}
      </div>
      <Refused since={since} />
    </div>
  );
}

const TONES = {
  succeeded: "good",
  running: "alive",
  failed: "bad",
  cancelled: "warn",
  interrupted: "warn",
} as const;
const SAID = {
  succeeded: "probe.answered",
  running: "probe.running",
  failed: "probe.failed",
  cancelled: "probe.ended",
  interrupted: "probe.ended",
} as const;

function Arrived({
  call,
  known,
  onAgain,
}: {
  call: CallRow;
  known: readonly ClientKeyView[];
  onAgain: () => void;
}) {
  const id = call.source.from === "client" ? call.source.key : null;
  const key = known.find((one) => one.id === id);
  const state = call.outcome?.outcome ?? "running";
  // by what the program says it is, else by what the system says
  const program = call.user_agent ?? key?.last_used_by ?? t("probe.aProgram");
  const found = useQuery(agents).data?.find((one) => one.id === call.agent);
  const agent = found?.name ?? call.requested_model;
  const slug = found?.slug ?? call.requested_model;
  const outcome = t(`probe.outcomes.${state}`);
  return (
    <div className="flex items-start justify-between gap-4 max-sm:flex-wrap">
      <div className="min-w-0">
        <p className="flex gap-2 font-medium">
          <span className="flex h-5 items-center">
            <Dot tone={TONES[state]} />
          </span>
          <span className="min-w-0 [overflow-wrap:anywhere]">{t(SAID[state], { program, agent })}</span>
        </p>
        <dl className="mt-1 grid grid-cols-[5.5rem_minmax(0,1fr)] gap-y-0.5 pl-[15px] text-xs [&_dd]:truncate [&_dt]:text-ink-3">
          <dt>{t("probe.key")}</dt>
          <dd>{call.client ?? "–"}</dd>
          <dt>{t("probe.agent")}</dt>
          <dd className="font-mono">
            {slug === call.requested_model
              ? slug
              : t("probe.as", { agent: slug, model: call.requested_model })}
          </dd>
          <dt>{t("probe.time")}</dt>
          <dd className="tnum">{moment(call.started_at)}</dd>
          <dt>{t("probe.outcome")}</dt>
          <dd>
            {call.total_ms === null ? outcome : t("probe.took", { outcome, time: duration(call.total_ms) })}
          </dd>
        </dl>
        {call.failure && (
          <p className="selectable mt-1 pl-[15px] text-bad text-xs [overflow-wrap:anywhere]">
            {call.failure}
          </p>
        )}
      </div>
      <div className="flex shrink-0 items-center gap-3">
        <Link to="/activity" className="text-ink-2 text-xs underline underline-offset-2 hover:text-ink">
          {t("probe.calls")}
        </Link>
        <Button small onClick={onAgain}>
          {t("probe.again")}
        </Button>
      </div>
    </div>
  );
}

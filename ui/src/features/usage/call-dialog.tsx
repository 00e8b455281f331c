import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CallView } from "@/api/generated/types";
import { call } from "@/api/queries";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { Dialog } from "@/components/dialog";
import { Loaded } from "@/components/page";
import { duration, group, moment, money } from "@/lib/format";
import { caller, OutcomeWord } from "./calls";

/** One call: who, what, every attempt, and the exact request that went to the provider. */
export function CallDialog({ id, onClose }: { id: string | null; onClose: () => void }) {
  const query = useQuery({ ...call(id ?? ""), enabled: id !== null });
  const navigate = useNavigate();
  const session = query.data?.session;
  return (
    <Dialog
      wide
      open={id !== null}
      onClose={onClose}
      title="Call"
      foot={
        session ? (
          <Button onClick={() => navigate({ to: "/chat/$session", params: { session } })}>
            Open session
          </Button>
        ) : undefined
      }
    >
      <Loaded query={query}>{(view) => <Facts view={view} />}</Loaded>
    </Dialog>
  );
}

function Facts({ view }: { view: CallView }) {
  const facts: Array<[string, ReactNode]> = [
    ["Caller", caller(view)],
    ["Route", view.route],
    ["Requested", view.requested_model],
    ["Agent", view.agent_slug ? `${view.agent_slug}${view.revision ? `@${view.revision}` : ""}` : "none"],
    ["Started", moment(view.started_at)],
    ["Applied", view.applied.map(({ what, how }) => `${what}=${how}`).join(", ") || "nothing"],
    ["Id", view.id],
  ];
  return (
    <div className="pb-4">
      <dl className="grid grid-cols-[6rem_1fr] gap-y-1">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="selectable [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <h3 className="mt-5 mb-1 font-medium">Attempts</h3>
      {view.entries.map((entry) => (
        <div key={entry.id} className="tnum flex flex-wrap gap-x-4 border-line border-t py-1.5">
          <span className="w-4 text-ink-3">{entry.number}</span>
          <span className="font-mono text-xs">{entry.target}</span>
          <OutcomeWord row={entry} />
          {entry.usage && (
            <span>
              {group(entry.usage.input)} + {group(entry.usage.output)} tokens
            </span>
          )}
          <span>{entry.cost === null ? "cost unknown" : `${money(entry.cost)}, ${entry.confidence}`}</span>
          <span className="text-ink-3">{duration(entry.timings.total_us / 1000)}</span>
        </div>
      ))}
      {view.upstream_request !== null && (
        <div className="mt-4">
          <Code name="Request to the provider" text={pretty(view.upstream_request)} />
        </div>
      )}
    </div>
  );
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Agent, AgentRevision } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agentHistory } from "@/api/queries";
import { Button } from "@/components/button";
import { Loaded } from "@/components/page";
import { sayFailure, saySo } from "@/components/toasts";
import { cx } from "@/lib/cx";
import { moment } from "@/lib/format";
import { type Changes, changesOf } from "./changes";
import { Part } from "./part";
import { t } from "./words";

/** Every state the agent ever had, with what each one changed. */
export function History({ agent, onRolledBack }: { agent: Agent; onRolledBack: (agent: Agent) => void }) {
  const query = useQuery(agentHistory(agent.id));
  const [open, setOpen] = useState<number | null>(null);
  const rollback = useCommand("agent.rollback", {
    onError: sayFailure,
    onSuccess: (next, { revision }) => {
      onRolledBack(next);
      saySo(t("rolledBack", { revision }));
    },
  });
  return (
    <Part title={t("history")} lead={t("historyLead", { slug: agent.slug })}>
      <Loaded query={query}>
        {(revisions) => (
          <ol className="border-line border-t">
            {revisions.map((one, at) => (
              <Revision
                key={one.revision}
                one={one}
                before={revisions[at + 1]}
                current={one.revision === agent.revision}
                open={open === one.revision}
                busy={rollback.isPending}
                onOpen={() => setOpen(open === one.revision ? null : one.revision)}
                onRestore={() => rollback.mutate({ agent: agent.id, revision: one.revision })}
              />
            ))}
          </ol>
        )}
      </Loaded>
    </Part>
  );
}

interface RevisionProps {
  one: AgentRevision;
  before: AgentRevision | undefined;
  current: boolean;
  open: boolean;
  busy: boolean;
  onOpen: () => void;
  onRestore: () => void;
}

function Revision({ one, before, current, open, busy, onOpen, onRestore }: RevisionProps) {
  const changes = before && changesOf(before.draft, one.draft);
  const summary = changes
    ? [
        ...changes.fields.map((change) => change.what),
        ...(changes.instructions.length > 0 ? [t("instructions")] : []),
      ]
    : [t("firstRevision")];
  return (
    <li className="border-line border-b">
      <div className="flex min-h-11 items-center gap-2">
        <button
          type="button"
          aria-expanded={open}
          disabled={changes === undefined}
          onClick={onOpen}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-sm py-2 text-left enabled:hover:text-ink"
        >
          <ChevronRight
            size={14}
            strokeWidth={1.75}
            aria-hidden="true"
            className={cx("shrink-0 text-ink-3", open && "rotate-90", changes === undefined && "invisible")}
          />
          <span className="tnum w-6 shrink-0 text-ink-3">{one.revision}</span>
          <span className="shrink-0 text-ink-2">{moment(one.created_at)}</span>
          <span className="truncate text-ink-3 text-xs">{summary.join(", ") || t("noChange")}</span>
        </button>
        {current ? (
          <span className="pr-2.5 text-ink-3 text-xs">{t("current")}</span>
        ) : (
          <Button small look="quiet" busy={busy} onClick={onRestore}>
            {t("rollback")}
          </Button>
        )}
      </div>
      {open && changes && <Diff changes={changes} />}
    </li>
  );
}

/** What one state says and another did not. */
export function Diff({ changes }: { changes: Changes }) {
  return (
    <div className="pb-3 pl-5.5">
      {changes.fields.length > 0 && (
        <dl className="grid grid-cols-[10rem_1fr] gap-x-4 gap-y-1">
          {changes.fields.map((change) => (
            <div key={change.what} className="contents">
              <dt className="text-ink-3">{change.what}</dt>
              <dd className="selectable min-w-0 [overflow-wrap:anywhere]">
                <del className="text-bad">{change.before || t("nothing")}</del>
                <span aria-hidden="true" className="px-1.5 text-ink-3">
                  →
                </span>
                <ins className="text-good no-underline">{change.after || t("nothing")}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {changes.instructions.length > 0 && (
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="selectable mt-2 max-h-72 overflow-auto whitespace-pre-wrap rounded-md bg-canvas py-2 text-xs leading-5"
        >
          {changes.instructions.map((line, at) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of one diff have no other identity
              key={at}
              className={cx(
                "block px-3",
                line.kind === "gone" && "bg-bad-wash text-bad",
                line.kind === "new" && "text-good",
              )}
            >
              <span aria-hidden="true" className="inline-block w-4 select-none">
                {{ same: "", gone: "−", new: "+" }[line.kind]}
              </span>
              {line.kind !== "same" && <span className="sr-only">{t(`lines.${line.kind}`)} </span>}
              {line.text}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}

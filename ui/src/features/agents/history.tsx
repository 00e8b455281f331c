import { useQuery } from "@tanstack/react-query";
import type { Agent } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agentHistory } from "@/api/queries";
import { Button } from "@/components/button";
import { Loaded, Section } from "@/components/page";
import { sayFailure, saySo } from "@/components/toasts";
import { moment } from "@/lib/format";
import { t } from "./words";

/** Every state the agent ever had. */
export function History({ agent, onRolledBack }: { agent: Agent; onRolledBack: (agent: Agent) => void }) {
  const query = useQuery(agentHistory(agent.id));
  const rollback = useCommand("agent.rollback", {
    onError: sayFailure,
    onSuccess: (next, { revision }) => {
      onRolledBack(next);
      saySo(t("rolledBack", { revision }));
    },
  });
  if ((query.data?.length ?? 0) < 2) return null;
  return (
    <div className="mt-8">
      <Section title={t("history")}>
        <Loaded query={query}>
          {(revisions) =>
            revisions.map((one) => (
              <div key={one.revision} className="flex min-h-11 items-center gap-3 border-line border-b">
                <span className="tnum w-8 shrink-0 text-ink-3">{one.revision}</span>
                <span className="min-w-0 flex-1 truncate">
                  {moment(one.created_at)}{" "}
                  <span className="font-mono text-ink-3 text-xs">{one.draft.target}</span>
                </span>
                {one.revision === agent.revision ? (
                  <span className="text-ink-3 text-xs">{t("current")}</span>
                ) : (
                  <Button
                    small
                    look="quiet"
                    busy={rollback.isPending}
                    onClick={() => rollback.mutate({ agent: agent.id, revision: one.revision })}
                  >
                    {t("rollback")}
                  </Button>
                )}
              </div>
            ))
          }
        </Loaded>
      </Section>
    </div>
  );
}

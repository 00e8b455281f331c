import { useQuery } from "@tanstack/react-query";
import { standing } from "@/api/approvals";
import type { StandingApprovalView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Loaded } from "@/components/page";
import { Revealed } from "@/components/revealed";
import { sayFailure } from "@/components/toasts";
import { date } from "@/lib/format";
import { NumberLine, whole } from "./number-line";
import { Part, type PartProps, useChange } from "./part";
import { t } from "./words";

/** What was approved for always, each for exactly what it says. */
export function Standing({ now }: PartProps) {
  const query = useQuery(standing);
  const change = useChange();
  return (
    <Part name="approvals" lead={t("approvalsLead")}>
      <NumberLine
        key={now.approval_seconds}
        label={t("approvalWait")}
        hint={t("approvalWaitHint")}
        badHint={t("approvalWaitBad")}
        placeholder="300"
        value={now.approval_seconds}
        read={whole(1, 86_400, 0)}
        onSave={(approval_seconds) => change({ approval_seconds })}
      />
      <Loaded query={query} rows={2}>
        {(all) =>
          all.length === 0 ? (
            <p className="border-line border-y py-4 text-ink-2">{t("approvalsNone")}</p>
          ) : (
            <ul className="border-line border-b">
              {all.map((one) => (
                <Row key={one.id} approval={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Part>
  );
}

function Row({ approval }: { approval: StandingApprovalView }) {
  const revoke = useCommand("approval.revoke", { onError: sayFailure });
  const { id, agent_name, client, tool, created_at } = approval;
  const on = date(created_at);
  return (
    <li className="flex items-start justify-between gap-6 border-line border-t py-2.5">
      <div className="min-w-0">
        <p className="flex items-baseline gap-2">
          <bdi className="truncate font-medium">{agent_name}</bdi>
          <span className="truncate text-ink-3 text-xs">
            {client === null ? t("approvedOn", { date: on }) : t("approvedFor", { client, date: on })}
          </span>
        </p>
        <Revealed text={`${tool} ${approval.arguments}`} />
      </div>
      <Button
        small
        className="mt-px"
        aria-label={t("approvalsRevoke", { agent: agent_name, tool })}
        busy={revoke.isPending}
        onClick={() => revoke.mutate({ id })}
      >
        {t("revoke")}
      </Button>
    </li>
  );
}

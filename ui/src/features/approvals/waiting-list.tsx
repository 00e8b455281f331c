import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { approvals } from "@/api/approvals";
import type { ApprovalView } from "@/api/generated/types";
import { whoOf } from "@/approvals/said";
import { t } from "@/approvals/words";
import { Dot } from "@/components/page";
import { since } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { ApprovalActions } from "./actions";

/** The calls that wait for an approval; of one call, where one is named. */
export function WaitingList({ call, className }: { call?: string; className?: string }) {
  const all = useQuery(approvals).data ?? [];
  const waiting = call === undefined ? all : all.filter((one) => one.call === call);
  if (waiting.length === 0) return null;
  return (
    <section aria-labelledby="waiting-title" className={className}>
      <h2 id="waiting-title" className="mb-1 font-semibold">
        {t("list")}
      </h2>
      <ul className="border-line border-t">
        {waiting.map((one) => (
          <Row key={one.id} approval={one} />
        ))}
      </ul>
    </section>
  );
}

function Row({ approval }: { approval: ApprovalView }) {
  const now = useNow(10_000);
  return (
    <li className="flex min-h-11 items-center gap-3 border-line border-b py-1.5">
      <Dot tone="alive" />
      <p className="flex min-w-0 flex-1 items-baseline gap-x-2">
        <Link
          to="/activity/$call"
          params={{ call: approval.call }}
          className="shrink-0 rounded-sm font-medium hover:underline"
        >
          <bdi>{approval.agent_name}</bdi>
        </Link>
        <span className="min-w-0 truncate font-mono text-xs">{approval.tool}</span>
        <span className="min-w-0 truncate text-ink-3">
          <bdi>{whoOf(approval)}</bdi>
        </span>
      </p>
      <span className="tnum shrink-0 text-ink-3 text-xs">{since(approval.asked_at, now)}</span>
      <ApprovalActions approval={approval} />
    </li>
  );
}

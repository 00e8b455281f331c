import { useState } from "react";
import type { ClientKeyView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { cx } from "@/lib/cx";
import { group, moment, moneySum, since } from "@/lib/format";
import { t } from "./words";

const PER = { day: "a day", week: "a week", month: "a month", total: "in total" };

export function KeyRow({ row, now }: { row: ClientKeyView; now: number }) {
  const [revoking, setRevoking] = useState(false);
  const revoke = useCommand("key.revoke", { onSuccess: () => setRevoking(false) });
  const over = row.expires_at !== null && row.expires_at <= now;
  const facts = [
    row.agent_slugs.length === 0 ? t("all") : row.agent_slugs.join(", "),
    row.raw_models && "any provider/model",
    row.rpm !== null && `${group(row.rpm)} requests a minute`,
    row.rph !== null && `${group(row.rph)} an hour`,
    row.rpd !== null && `${group(row.rpd)} a day`,
    row.tpm !== null && `${group(row.tpm)} tokens a minute`,
    row.concurrency !== null && `${row.concurrency} at once`,
    row.store !== "all" && (row.store === "none" ? "keeps no sessions" : "keeps no texts"),
    row.expires_at !== null && (over ? "expired" : `expires ${moment(row.expires_at)}`),
  ].filter(Boolean);
  return (
    <div className="flex min-h-14 items-center gap-4 border-line border-b py-2" data-key={row.name}>
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          {row.icon !== null && <span aria-hidden="true">{row.icon}</span>}
          <span className="truncate font-medium">{row.name}</span>
          <span className="shrink-0 font-mono text-ink-3 text-xs">…{row.hint}</span>
        </p>
        <p className={cx("truncate text-xs", over ? "text-bad" : "text-ink-3")}>{facts.join(" · ")}</p>
      </div>
      <div className="tnum w-40 shrink-0 text-right text-xs">
        {row.standing.length === 0 && <p className="text-ink-2">{moneySum(row.spent)}</p>}
        {row.standing.map((budget) => (
          <div key={budget.per}>
            <p>
              {moneySum(budget.spent)}{" "}
              <span className="text-ink-3">
                of {moneySum(budget.cap)} {PER[budget.per]}
              </span>
            </p>
            <Bar spent={budget.spent} cap={budget.cap} />
          </div>
        ))}
        <p className="truncate text-ink-3" title={row.last_used_by ?? undefined}>
          {row.last_used_at === null ? t("never") : t("used", { ago: since(row.last_used_at, now) })}
          {row.last_used_by !== null && ` by ${row.last_used_by}`}
        </p>
      </div>
      <Button small look="quiet" onClick={() => setRevoking(true)}>
        {t("revoke")}
      </Button>
      <Confirm
        open={revoking}
        onClose={() => setRevoking(false)}
        title={t("revokeTitle", { name: row.name })}
        text={t("revokeText")}
        action={t("revoke")}
        busy={revoke.isPending}
        failure={revoke.error}
        onConfirm={() => revoke.mutate({ key: row.id })}
      />
    </div>
  );
}

/** How much of a budget is spent. */
function Bar({ spent, cap }: { spent: number; cap: number }) {
  const part = cap <= 0 ? 1 : Math.min(1, spent / cap);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a native meter cannot be drawn alike everywhere
    <div
      role="meter"
      aria-label="Spent of the budget"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part * 100)}
      className="my-1 h-1 overflow-hidden rounded-full bg-press"
    >
      <div
        className={cx("h-full rounded-full", part >= 1 ? "bg-bad" : part >= 0.8 ? "bg-warn" : "bg-ink-2")}
        style={{ width: `${part * 100}%` }}
      />
    </div>
  );
}

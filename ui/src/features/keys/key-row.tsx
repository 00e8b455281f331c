import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { ClientKeyView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { saySo } from "@/components/toasts";
import { cx } from "@/lib/cx";
import { cost, since } from "@/lib/format";
import { factsOf } from "./facts";
import { KeyDialog } from "./key-dialog";
import { Standing } from "./standing";
import { t } from "./words";

/** A key: whose it is, what it may do, what it has spent, and who used it last. */
export function KeyRow({ row, now }: { row: ClientKeyView; now: number }) {
  const [open, setOpen] = useState<"edit" | "revoke" | null>(null);
  const close = () => setOpen(null);
  const name = row.anonymous ? t("keyless") : row.name;
  const revoke = useCommand("key.revoke", {
    onSuccess: () => {
      close();
      saySo(t("revoked", { name }));
    },
  });
  const over = row.expires_at !== null && row.expires_at <= now;
  const ago = row.last_used_at === null ? null : since(row.last_used_at, now);
  return (
    <div className="flex items-start gap-3 border-line border-b py-2.5 max-sm:flex-wrap" data-key={row.name}>
      <span
        aria-hidden="true"
        className="mt-0.5 flex size-7 shrink-0 items-center justify-center overflow-hidden rounded-md bg-canvas text-ink-3 text-xs"
      >
        {row.icon ?? <KeyRound size={14} strokeWidth={1.75} />}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2">
          <span className="truncate font-medium">{name}</span>
          {!row.anonymous && <span className="shrink-0 font-mono text-ink-3 text-xs">…{row.hint}</span>}
        </p>
        <p className={cx("text-xs", over ? "text-bad" : "text-ink-2")}>{factsOf(row, now).join(" · ")}</p>
        <p className="truncate text-ink-3 text-xs">
          {ago === null
            ? t("never")
            : row.last_used_by === null
              ? t("used", { ago })
              : t("usedBy", { ago, program: row.last_used_by })}
        </p>
      </div>
      <div className="tnum w-48 shrink-0 text-xs">
        {row.standing.length === 0 ? (
          <p className="pt-0.5 text-right text-ink-2">{spentBy(row)}</p>
        ) : (
          row.standing.map((budget) => <Standing key={budget.per} budget={budget} />)
        )}
      </div>
      <div className="flex w-27.5 shrink-0 items-center gap-1">
        <Button small onClick={() => setOpen("edit")}>
          {t("edit")}
        </Button>
        {!row.anonymous && (
          <Button small look="quiet" onClick={() => setOpen("revoke")}>
            {t("revoke")}
          </Button>
        )}
      </div>
      <KeyDialog open={open === "edit"} row={row} onClose={close} />
      <Confirm
        open={open === "revoke"}
        onClose={close}
        title={t("revokeTitle", { name })}
        text={t("revokeText")}
        action={t("revoke")}
        busy={revoke.isPending}
        failure={revoke.error}
        onConfirm={() => revoke.mutate({ key: row.id })}
      />
    </div>
  );
}

/** What it has cost ever; what is not known is said to be unknown, never nothing. */
function spentBy({ spent, unknown_cost: unknown }: ClientKeyView): string {
  const sum = cost(spent, unknown);
  return spent === 0 && unknown > 0 ? sum : t("spent", { sum });
}

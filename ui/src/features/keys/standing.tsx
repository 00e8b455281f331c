import type { BudgetStanding } from "@/api/generated/types";
import { cx } from "@/lib/cx";
import { moment, moneySum } from "@/lib/format";
import { t } from "./words";

/** How a budget stands: in figures, and as a bar. */
export function Standing({ budget }: { budget: BudgetStanding }) {
  const { cap, per, spent, until } = budget;
  const part = cap <= 0 ? 1 : Math.min(1, spent / cap);
  return (
    <div className="mb-1.5" title={until === null ? undefined : t("until", { at: moment(until) })}>
      <p className="flex justify-between gap-2">
        <span className={part >= 1 ? "text-bad" : undefined}>{moneySum(spent)}</span>
        <span className="text-ink-3">{t(`of.${per}`, { cap: moneySum(cap) })}</span>
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: a native meter cannot be drawn alike everywhere */}
      <div
        role="meter"
        aria-label={t("bar")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
        className="mt-0.5 h-1 overflow-hidden rounded-full bg-press"
      >
        <div
          className={cx("h-full rounded-full", part >= 1 ? "bg-bad" : part >= 0.8 ? "bg-warn" : "bg-ink-2")}
          style={{ width: `${part * 100}%` }}
        />
      </div>
    </div>
  );
}

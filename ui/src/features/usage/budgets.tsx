import { useQuery } from "@tanstack/react-query";
import { budgets } from "@/api/calls";
import type { BudgetView } from "@/api/generated/types";
import { Loaded, Section } from "@/components/page";
import { cx } from "@/lib/cx";
import { date, money } from "@/lib/format";
import { budgetName } from "./names";
import { t } from "./words";

/** Every limit on spending and how much of it is used. */
export function Budgets() {
  const query = useQuery(budgets);
  return (
    <Section title={t("budgets.title")} id="budgets">
      <Loaded query={query}>
        {(all) =>
          all.length === 0 ? (
            <p className="max-w-[42rem] text-ink-2">{t("budgets.none")}</p>
          ) : (
            <ul data-testid="budgets" className="border-line border-b">
              {all.map((one) => (
                <Line key={`${budgetName(one)} ${one.standing.per}`} one={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

function Line({ one }: { one: BudgetView }) {
  const { cap, spent, held, per, until } = one.standing;
  const used = cap === 0 ? 1 : Math.min(1, (spent + held) / cap);
  const state = used >= 1 ? "over" : used >= 0.8 ? "near" : "fine";
  const name = budgetName(one);
  return (
    <li className="tnum grid grid-cols-[minmax(0,1fr)_minmax(6rem,14rem)_13rem] items-center gap-x-4 border-line border-t py-2">
      <span className="truncate">
        {name} <span className="text-ink-3">{t(`budgets.per.${per}`)}</span>
      </span>
      <meter
        className="sr-only"
        aria-label={name}
        min={0}
        max={Math.max(cap, 1)}
        value={Math.min(spent + held, cap)}
      >
        {money(spent)}
      </meter>
      <span aria-hidden="true" className="h-1.5 overflow-hidden rounded-full bg-line">
        <span
          className={cx(
            "block h-full rounded-full",
            { fine: "bg-ink-2", near: "bg-warn", over: "bg-bad" }[state],
          )}
          style={{ width: `${used * 100}%` }}
        />
      </span>
      <span className="text-right">
        {t("budgets.of", { spent: money(spent), cap: money(cap) })}
        <span
          className={cx("block text-xs", { fine: "text-ink-3", near: "text-warn", over: "text-bad" }[state])}
        >
          {state === "fine" ? "" : `${t(`budgets.${state}`)} `}
          {held > 0 && `${t("budgets.held", { sum: money(held) })} `}
          {until !== null && t("budgets.until", { date: date(until) })}
        </span>
      </span>
    </li>
  );
}

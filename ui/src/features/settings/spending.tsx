import type { Budget, BudgetPeriod } from "@/api/generated/types";
import { parseDollars } from "@/lib/format";
import { NumberLine } from "./number-line";
import { Part, type PartProps, useChange } from "./part";
import { t } from "./words";

const SPANS: readonly BudgetPeriod[] = ["day", "week", "month", "total"];

/** An amount without its sign, as it is typed. */
const plain = (micros: number) => (micros / 1_000_000).toFixed(6).replace(/(\.\d\d\d*?)0+$/, "$1");

/** Dollars as micro-dollars; an empty text is none at all. */
const amount = (text: string): number | undefined => (text === "" ? 0 : (parseDollars(text) ?? undefined));

/** Caps for everything together, for one session, and what an unknown price counts. */
export function Spending({ now }: PartProps) {
  const change = useChange();
  const capOf = (per: BudgetPeriod) => now.budgets.find((budget) => budget.per === per)?.cap ?? null;
  const setCap = (per: BudgetPeriod, cap: number) => {
    const others = now.budgets.filter((budget) => budget.per !== per);
    const budgets: Budget[] = cap === 0 ? others : [...others, { cap, per }];
    change({ budgets });
  };
  return (
    <Part name="spending" lead={t("spendingLead")}>
      {SPANS.map((per) => (
        <NumberLine
          key={`${per}-${capOf(per)}`}
          label={t(`caps.${per}`)}
          hint={capOf(per) === null ? t("noCap") : t("dollars")}
          badHint={t("dollarsBad")}
          placeholder={t("off")}
          value={capOf(per)}
          write={plain}
          read={amount}
          onSave={(cap) => setCap(per, cap)}
        />
      ))}
      <NumberLine
        key={`session-${now.session_budget}`}
        label={t("sessionCap")}
        hint={now.session_budget === null ? t("noCap") : t("dollars")}
        badHint={t("dollarsBad")}
        placeholder={t("off")}
        value={now.session_budget}
        write={plain}
        read={amount}
        onSave={(session_budget) => change({ session_budget })}
      />
      <NumberLine
        key={`in-${now.fallback_price.input}`}
        label={t("fallbackInput")}
        hint={t("fallbackHint")}
        badHint={t("dollarsBad")}
        value={now.fallback_price.input}
        write={plain}
        read={amount}
        onSave={(input) => change({ fallback_price: { ...now.fallback_price, input } })}
      />
      <NumberLine
        key={`out-${now.fallback_price.output}`}
        label={t("fallbackOutput")}
        hint={t("fallbackHint")}
        badHint={t("dollarsBad")}
        value={now.fallback_price.output}
        write={plain}
        read={amount}
        onSave={(output) => change({ fallback_price: { ...now.fallback_price, output } })}
      />
    </Part>
  );
}

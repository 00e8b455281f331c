import { Plus, X } from "lucide-react";
import { Button, IconButton } from "@/components/button";
import { Input } from "@/components/field";
import { Select } from "@/components/select";
import { type KeyForm, PERIODS } from "./form";
import { Wrong } from "./parts";
import { type PartProps, t } from "./words";

/** Spending caps, at most one for each span. */
export function Budgets({ form, faults, set }: PartProps) {
  const change = (at: number, part: Partial<KeyForm["budgets"][number]>) =>
    set({ budgets: form.budgets.map((one) => (one.at === at ? { ...one, ...part } : one)) });
  const free = PERIODS.find((per) => !form.budgets.some((one) => one.per === per));
  return (
    <fieldset className="flex flex-col items-start gap-2">
      <legend className="mb-1 font-medium">{t("form.budgets")}</legend>
      {form.budgets.map((one) => (
        <div key={one.at}>
          <div className="flex items-center gap-2">
            <Input
              aria-label={t("form.cap")}
              aria-invalid={faults.has(`budget-${one.at}`) || undefined}
              inputMode="decimal"
              className="tnum w-28! text-right"
              value={one.cap}
              onChange={(event) => change(one.at, { cap: event.target.value })}
            />
            <Select
              label={t("form.span")}
              className="w-32!"
              value={one.per}
              options={PERIODS.map((value) => ({ value, label: t(`form.per.${value}`) }))}
              onChange={(per) => change(one.at, { per })}
            />
            <IconButton
              icon={X}
              label={t("form.removeBudget")}
              onClick={() => set({ budgets: form.budgets.filter((other) => other.at !== one.at) })}
            />
          </div>
          <Wrong fault={faults.get(`budget-${one.at}`)} />
        </div>
      ))}
      {free && (
        <Button
          small
          icon={Plus}
          onClick={() =>
            set({
              budgets: [
                ...form.budgets,
                {
                  at: (form.budgets.at(-1)?.at ?? -1) + 1,
                  cap: "",
                  per: form.budgets.length ? free : "month",
                },
              ],
            })
          }
        >
          {t("form.addBudget")}
        </Button>
      )}
    </fieldset>
  );
}

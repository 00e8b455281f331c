import type { ReactNode } from "react";
import { Field, Input } from "@/components/field";
import { cx } from "@/lib/cx";
import { PERIODS, RATES, TIMEOUTS } from "./draft";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Budgets by span, how often it may be asked, and how long it is waited for. */
export function Limits({ editor }: { editor: Editor }) {
  const { fields, faults, set } = editor;
  return (
    <div className="flex flex-col gap-5">
      <Group columns={4} title={t("budget")} lead={t("budgetHint")}>
        {PERIODS.map((per) => (
          <Field key={per} label={t(`periods.${per}`)} error={faults[`budgets.${per}`]}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="decimal"
                placeholder={t("noLimit")}
                value={fields.budgets[per]}
                onChange={(event) => set("budgets", { ...fields.budgets, [per]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </Group>
      <Group columns={3} title={t("rates")} lead={t("ratesHint")}>
        {RATES.map((rate) => (
          <Field key={rate} label={t(`rate.${rate}`)} error={faults[`rates.${rate}`]}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="numeric"
                placeholder={t("noLimit")}
                value={fields.rates[rate]}
                onChange={(event) => set("rates", { ...fields.rates, [rate]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </Group>
      <Group columns={3} title={t("timeouts")} lead={t("timeoutsHint")}>
        {TIMEOUTS.map((limit) => (
          <Field key={limit} label={t(`timeout.${limit}`)} error={faults[`timeouts.${limit}`]}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="numeric"
                placeholder={t("providerDefault")}
                value={fields.timeouts[limit]}
                onChange={(event) => set("timeouts", { ...fields.timeouts, [limit]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </Group>
    </div>
  );
}

interface GroupProps {
  title: string;
  lead: string;
  columns: 3 | 4;
  children: ReactNode;
}

function Group({ title, lead, columns, children }: GroupProps) {
  return (
    <fieldset>
      <legend className="font-medium">{title}</legend>
      <p className="mb-2 text-ink-3 text-xs">{lead}</p>
      <div className={cx("grid gap-x-3 gap-y-2.5", columns === 4 ? "grid-cols-4" : "grid-cols-3")}>
        {children}
      </div>
    </fieldset>
  );
}

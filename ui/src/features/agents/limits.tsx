import { Field, Input } from "@/components/field";
import { PERIODS, RATES, TIMEOUTS } from "./draft";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Budgets by span, how often it may be asked, and how long it is waited for. */
export function Limits({ editor }: { editor: Editor }) {
  const { fields, faults, set } = editor;
  return (
    <div className="flex flex-col gap-5">
      <Group title={t("budget")} lead={t("budgetHint")}>
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
      <Group title={t("rates")} lead={t("ratesHint")}>
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
      <Group title={t("timeouts")} lead={t("timeoutsHint")}>
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

function Group({ title, lead, children }: { title: string; lead: string; children: React.ReactNode }) {
  return (
    <fieldset>
      <legend className="font-medium">{title}</legend>
      <p className="mb-2 text-ink-3 text-xs">{lead}</p>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-x-3 gap-y-2.5">
        {children}
      </div>
    </fieldset>
  );
}

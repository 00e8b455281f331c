import { useQuery } from "@tanstack/react-query";
import { agents } from "@/api/queries";
import { Check, Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { moment } from "@/lib/format";
import { Budgets } from "./budgets";
import { type PartProps, t } from "./words";

const DAY = 86_400;
const EXPIRY = [
  ["", "never"],
  [String(DAY), "day"],
  [String(30 * DAY), "days30"],
  [String(90 * DAY), "days90"],
  [String(365 * DAY), "year"],
] as const;

/** What every key needs. `until` is when a key that is there ends. */
export function Basics(props: PartProps & { until: number | null }) {
  const { form, faults, set, until } = props;
  const known = useQuery(agents).data ?? [];
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)_7rem] gap-4">
        <Field
          label={t("form.name")}
          hint={t("form.nameHint")}
          error={faults.has("name") ? t("form.bad.name") : null}
        >
          {(ids) => (
            <Input
              {...ids}
              maxLength={100}
              value={form.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("form.icon")} hint={t("form.iconHint")}>
          {(ids) => (
            <Input
              {...ids}
              maxLength={8}
              value={form.icon}
              onChange={(event) => set({ icon: event.target.value })}
            />
          )}
        </Field>
      </div>
      {known.length > 0 && (
        <fieldset>
          <legend className="mb-1 font-medium">{t("form.agents")}</legend>
          <div className="grid grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))] gap-x-4 gap-y-1.5">
            <Check label={t("all")} checked={form.agents.length === 0} onChange={() => set({ agents: [] })} />
            {known.map((agent) => (
              <Check
                key={agent.id}
                label={agent.name}
                checked={form.agents.includes(agent.slug)}
                onChange={(event) =>
                  set({
                    agents: event.target.checked
                      ? [...form.agents, agent.slug]
                      : form.agents.filter((slug) => slug !== agent.slug),
                  })
                }
              />
            ))}
          </div>
        </fieldset>
      )}
      <Budgets {...props} />
      <Field label={t("form.expires")} className="w-56">
        {({ id }) => (
          <Select
            id={id}
            value={form.expires}
            options={[
              ...(until === null
                ? []
                : [{ value: "keep", label: t("form.expiry.keep", { at: moment(until) }) }]),
              ...EXPIRY.map(([value, name]) => ({ value: value as string, label: t(`form.expiry.${name}`) })),
            ]}
            onChange={(expires) => set({ expires })}
          />
        )}
      </Field>
    </>
  );
}

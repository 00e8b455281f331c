import { useQuery } from "@tanstack/react-query";
import { agents } from "@/api/queries";
import { Area, Check, Field } from "@/components/field";
import { Select } from "@/components/select";
import { Aliases } from "./aliases";
import { RATES } from "./form";
import { Group, Limit } from "./parts";
import { ToolCaps } from "./tool-caps";
import { type PartProps, t } from "./words";

const STORES = ["all", "metadata", "none"] as const;

/** What few keys need. */
export function More(props: PartProps) {
  const { form, faults, set } = props;
  const known = useQuery(agents).data ?? [];
  const choices = (nobody: string) => [
    { value: "", label: nobody },
    ...known.map((agent) => ({ value: agent.id as string, label: agent.name, hint: agent.slug })),
  ];
  const origins = form.origins.split(/\s+/).filter(Boolean).length;
  return (
    <div className="border-line border-b">
      <Group
        title={t("form.rates")}
        set={RATES.filter((rate) => form.rates[rate] !== "").length + (form.session === "" ? 0 : 1)}
        wrong={[...RATES, "session"].some((field) => faults.has(field))}
      >
        <div className="grid grid-cols-3 gap-x-4 gap-y-3">
          {RATES.map((rate) => (
            <Limit
              key={rate}
              label={t(`form.${rate}`)}
              value={form.rates[rate]}
              fault={faults.get(rate)}
              onChange={(value) => set({ rates: { ...form.rates, [rate]: value } })}
            />
          ))}
          <Limit
            decimal
            label={t("form.session")}
            value={form.session}
            fault={faults.get("session")}
            onChange={(session) => set({ session })}
          />
        </div>
        <p className="text-ink-3 text-xs">{t("form.ratesHint")}</p>
      </Group>
      <Group
        title={t("form.models")}
        set={
          [form.defaultAgent !== "", form.catchAll !== "", form.raw].filter(Boolean).length +
          form.aliases.length
        }
        wrong={form.aliases.some((one) => faults.has(`alias-${one.at}`))}
      >
        <div className="grid grid-cols-2 gap-4">
          <Field label={t("form.defaultAgent")}>
            {({ id }) => (
              <Select
                id={id}
                value={form.defaultAgent}
                options={choices(t("form.appDefault"))}
                onChange={(defaultAgent) => set({ defaultAgent })}
              />
            )}
          </Field>
          <Field label={t("form.catchAll")}>
            {({ id }) => (
              <Select
                id={id}
                value={form.catchAll}
                options={choices(t("form.nobody"))}
                onChange={(catchAll) => set({ catchAll })}
              />
            )}
          </Field>
        </div>
        <Check
          label={t("form.raw")}
          checked={form.raw}
          onChange={(event) => set({ raw: event.target.checked })}
        />
        <Aliases {...props} />
      </Group>
      <ToolCaps {...props} />
      <Group
        title={t("form.pages")}
        set={origins + (form.store === "all" ? 0 : 1)}
        wrong={faults.has("origins")}
      >
        <Field label={t("form.store")}>
          {({ id }) => (
            <Select
              id={id}
              value={form.store}
              options={STORES.map((value) => ({ value, label: t(`form.stores.${value}`) }))}
              onChange={(store) => set({ store })}
            />
          )}
        </Field>
        <Field
          label={t("form.origins")}
          hint={t("form.originsHint")}
          error={faults.has("origins") ? t("form.bad.origin") : null}
        >
          {(ids) => (
            <Area
              {...ids}
              mono
              rows={2}
              value={form.origins}
              onChange={(event) => set({ origins: event.target.value })}
            />
          )}
        </Field>
      </Group>
    </div>
  );
}

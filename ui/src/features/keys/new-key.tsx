import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import type { BudgetPeriod, CreatedClientKey, NewClientKey, StorePolicy } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents } from "@/api/queries";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Check, Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { parseDollars } from "@/lib/format";
import { t } from "./words";

interface NewKeyProps {
  open: boolean;
  onClose: () => void;
  onCreated: (key: CreatedClientKey) => void;
}

const START = {
  name: "",
  agents: [] as string[],
  raw: false,
  catchAll: "",
  budget: "",
  per: "month" as BudgetPeriod,
  rpm: "",
  tpm: "",
  concurrency: "",
  expires: "",
  store: "all" as StorePolicy,
};

const DAY = 86_400;
const EXPIRY = [
  { value: "", label: "Never" },
  { value: String(DAY), label: "In a day" },
  { value: String(30 * DAY), label: "In 30 days" },
  { value: String(90 * DAY), label: "In 90 days" },
  { value: String(365 * DAY), label: "In a year" },
];
const STORE = [
  { value: "all" as const, label: "Sessions and usage" },
  { value: "metadata" as const, label: "Sessions without what was said" },
  { value: "none" as const, label: "Usage alone" },
];
const PER = [
  { value: "day" as const, label: "Day" },
  { value: "week" as const, label: "Week" },
  { value: "month" as const, label: "Month" },
  { value: "total" as const, label: "Total" },
];

const whole = (text: string): number | null => (/^[1-9]\d{0,9}$/.test(text.trim()) ? Number(text) : null);

export function NewKey({ open, onClose, onCreated }: NewKeyProps) {
  const [form, setForm] = useState(START);
  const [tried, setTried] = useState(false);
  const known = useQuery(agents).data ?? [];
  const create = useCommand("key.create", { onSuccess: onCreated });
  const { reset } = create;
  useEffect(() => {
    if (!open) return;
    setForm(START);
    setTried(false);
    reset();
  }, [open, reset]);
  const set = (part: Partial<typeof START>) => setForm((old) => ({ ...old, ...part }));

  const faults = {
    name: form.name.trim() === "" ? "A name is needed." : null,
    budget:
      form.budget.trim() !== "" && parseDollars(form.budget) === null ? "An amount such as 2.50." : null,
    rpm: form.rpm.trim() !== "" && whole(form.rpm) === null ? "A whole number." : null,
    tpm: form.tpm.trim() !== "" && whole(form.tpm) === null ? "A whole number." : null,
    concurrency:
      form.concurrency.trim() !== "" && whole(form.concurrency) === null ? "A whole number." : null,
  };
  const shown = tried ? faults : { name: null, budget: null, rpm: null, tpm: null, concurrency: null };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some((fault) => fault !== null)) return;
    const budget = parseDollars(form.budget);
    const args: NewClientKey = {
      name: form.name.trim(),
      agents: form.agents,
      raw_models: form.raw,
      icon: null,
      default_agent: null,
      catch_all: form.catchAll === "" ? null : form.catchAll,
      aliases: [],
      origins: [],
      budgets: budget === null ? [] : [{ cap: budget, per: form.per }],
      session_budget: null,
      rph: null,
      rpd: null,
      rpm: whole(form.rpm),
      tpm: whole(form.tpm),
      concurrency: whole(form.concurrency),
      expires_in: form.expires === "" ? null : Number(form.expires),
      store: form.store,
    };
    create.mutate(args);
  };
  const number = (key: "rpm" | "tpm" | "concurrency", label: string) => (
    <Field label={label} optional error={shown[key]}>
      {(ids) => (
        <Input
          {...ids}
          inputMode="numeric"
          placeholder={t("noLimit")}
          value={form[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={t("createTitle")}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="main" type="submit" form="new-key" busy={create.isPending}>
            {t("make")}
          </Button>
        </>
      }
    >
      <form id="new-key" onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label={t("name")} hint={t("nameHint")} error={shown.name}>
          {(ids) => (
            <Input
              {...ids}
              maxLength={120}
              value={form.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        {known.length > 0 && (
          <fieldset>
            <legend className="mb-1 font-medium">{t("agents")}</legend>
            <div className="flex flex-wrap gap-x-5 gap-y-1.5">
              <Check
                label={t("all")}
                checked={form.agents.length === 0}
                onChange={() => set({ agents: [] })}
              />
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
        <Check label={t("raw")} checked={form.raw} onChange={(event) => set({ raw: event.target.checked })} />
        <div className="grid grid-cols-2 gap-4">
          <Field label={t("budget")} optional error={shown.budget}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="decimal"
                placeholder={t("noLimit")}
                value={form.budget}
                onChange={(event) => set({ budget: event.target.value })}
              />
            )}
          </Field>
          <Field label={t("per")}>
            {({ id }) => (
              <Select
                id={id}
                value={form.per}
                options={PER}
                disabled={form.budget.trim() === ""}
                onChange={(per) => set({ per })}
              />
            )}
          </Field>
        </div>
        <div className="grid grid-cols-3 gap-4">
          {number("rpm", t("rpm"))}
          {number("tpm", t("tpm"))}
          {number("concurrency", t("concurrency"))}
        </div>
        <div className="grid grid-cols-3 items-end gap-4">
          <Field label={t("catchAll")}>
            {({ id }) => (
              <Select
                id={id}
                value={form.catchAll}
                options={[
                  { value: "", label: "No agent" },
                  ...known.map((agent) => ({ value: agent.slug, label: agent.name })),
                ]}
                onChange={(catchAll) => set({ catchAll })}
              />
            )}
          </Field>
          <Field label={t("expires")}>
            {({ id }) => (
              <Select
                id={id}
                value={form.expires}
                options={EXPIRY}
                onChange={(expires) => set({ expires })}
              />
            )}
          </Field>
          <Field label={t("store")}>
            {({ id }) => (
              <Select id={id} value={form.store} options={STORE} onChange={(store) => set({ store })} />
            )}
          </Field>
        </div>
        {create.error && <FailureNote failure={create.error} />}
      </form>
    </Dialog>
  );
}

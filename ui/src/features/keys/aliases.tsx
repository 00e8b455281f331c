import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { agents } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { Input } from "@/components/field";
import { Select } from "@/components/select";
import type { KeyForm } from "./form";
import { Wrong } from "./parts";
import { type PartProps, t } from "./words";

/** Model names of the program's own list, and the agents they stand for. */
export function Aliases({ form, faults, set }: PartProps) {
  const known = useQuery(agents).data ?? [];
  const change = (at: number, part: Partial<KeyForm["aliases"][number]>) =>
    set({ aliases: form.aliases.map((one) => (one.at === at ? { ...one, ...part } : one)) });
  return (
    <fieldset className="flex flex-col items-start gap-2">
      <legend className="font-medium">{t("form.aliases")}</legend>
      <p className="text-ink-3 text-xs">{t("form.aliasesHint")}</p>
      {form.aliases.map((one) => (
        <div key={one.at} className="w-full">
          <div className="flex items-center gap-2">
            <Input
              mono
              aria-label={t("form.alias")}
              aria-invalid={faults.has(`alias-${one.at}`) || undefined}
              maxLength={256}
              value={one.model}
              onChange={(event) => change(one.at, { model: event.target.value })}
            />
            <span aria-hidden="true" className="text-ink-3">
              →
            </span>
            <Select
              label={t("form.aliasAgent")}
              className="w-48! shrink-0"
              value={one.agent}
              options={known.map((agent) => ({ value: agent.slug as string, label: agent.name }))}
              onChange={(agent) => change(one.at, { agent })}
            />
            <IconButton
              icon={X}
              label={t("form.removeAlias")}
              onClick={() => set({ aliases: form.aliases.filter((other) => other.at !== one.at) })}
            />
          </div>
          <Wrong fault={faults.get(`alias-${one.at}`)} />
        </div>
      ))}
      <Button
        small
        icon={Plus}
        disabled={known.length === 0}
        onClick={() =>
          set({
            aliases: [
              ...form.aliases,
              { at: (form.aliases.at(-1)?.at ?? -1) + 1, model: "", agent: known[0]?.slug ?? "" },
            ],
          })
        }
      >
        {t("form.addAlias")}
      </Button>
    </fieldset>
  );
}

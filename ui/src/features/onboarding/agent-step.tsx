import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Agent } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, providerModels } from "@/api/queries";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Area, Field } from "@/components/field";
import { Suggest } from "@/components/suggest";
import { EMPTY_AGENT } from "@/lib/drafts";
import { group } from "@/lib/format";
import { freeSlug } from "@/lib/slug";
import { Choice, Choices } from "./choices";
import { TEMPLATES, type Template } from "./templates";
import { t } from "./words";

interface AgentStepProps {
  provider: string;
  onBack: () => void;
  onDone: (agent: Agent) => void;
}

/** Makes the first agent of a starting point. */
export function AgentStep({ provider, onBack, onDone }: AgentStepProps) {
  const models = useQuery(providerModels(provider));
  const taken = new Set(useQuery(agents).data?.map((agent) => agent.slug));
  const [slug, setSlug] = useState<Template>("assistant");
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [model, setModel] = useState<string | null>(null);
  const create = useCommand("agent.create", { onSuccess: onDone });
  const options = models.data?.models.map((one) => one.id) ?? [];
  const chosen = model ?? options[0] ?? "";
  const instructions = texts[slug] ?? t(`templates.${slug}.instructions`);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({
          ...EMPTY_AGENT,
          slug: freeSlug(slug, taken),
          name: t(`templates.${slug}.name`),
          instructions,
          target: `${provider}/${chosen.trim()}`,
        });
      }}
    >
      <h2 className="font-semibold text-xl tracking-[-0.01em]">{t("agentTitle")}</h2>
      <p className="mt-1 mb-6 text-ink-2">{t("agentLead")}</p>
      <Choices
        label={t("agentTitle")}
        className="grid grid-cols-2 gap-x-6 max-sm:grid-cols-1 border-line border-y py-1"
      >
        {TEMPLATES.map((one) => (
          <Choice
            key={one}
            name={t(`templates.${one}.name`)}
            short={t(`templates.${one}.short`)}
            on={one === slug}
            onChoose={() => setSlug(one)}
          />
        ))}
      </Choices>
      <div className="mt-5 flex flex-col gap-4">
        <Field label={t("instructions")}>
          {(ids) => (
            <Area
              {...ids}
              rows={7}
              value={instructions}
              onChange={(event) => setTexts({ ...texts, [slug]: event.target.value })}
            />
          )}
        </Field>
        <Field
          label={t("model")}
          hint={
            models.data === undefined
              ? undefined
              : options.length === 0
                ? t("noModels")
                : t("models", { count: options.length, n: group(options.length) })
          }
        >
          {(ids) => <Suggest {...ids} value={chosen} options={options} onChange={setModel} />}
        </Field>
      </div>
      {models.error && (
        <div className="mt-4">
          <FailureNote failure={models.error} onRetry={() => models.refetch()} />
        </div>
      )}
      {create.error && (
        <div className="mt-4">
          <FailureNote failure={create.error} />
        </div>
      )}
      <div className="mt-6 flex gap-2">
        <Button look="main" type="submit" busy={create.isPending} disabled={chosen.trim() === ""}>
          {t("make")}
        </Button>
        <Button onClick={onBack}>{t("back")}</Button>
      </div>
    </form>
  );
}

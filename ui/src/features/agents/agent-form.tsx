import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MessageSquare, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { run } from "@/api/client";
import type { Agent } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { models } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Area, Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { Suggest } from "@/components/suggest";
import { sayFailure, saySo } from "@/components/toasts";
import { freeSlug, slugOf } from "@/lib/slug";
import { failed } from "@/platform";
import { draftOf, type Faults, type Fields, fieldsOf } from "./draft";
import { History } from "./history";
import { Limits } from "./limits";
import { t } from "./words";

/** Makes or changes an agent. */
export function AgentForm({ agent, all }: { agent: Agent | null; all: readonly Agent[] }) {
  const navigate = useNavigate();
  // the revision that is being edited; when a newer one comes meanwhile, saving is a conflict
  const [base, setBase] = useState(agent);
  const [fields, setFields] = useState(() => fieldsOf(agent));
  const [faults, setFaults] = useState<Faults>({});
  const [slugTouched, setSlugTouched] = useState(agent !== null);
  const choices = useQuery(models).data ?? [];
  const targets = choices.filter((choice) => !choice.agent).map((choice) => choice.id);

  const begin = (next: Agent) => {
    setBase(next);
    setFields(fieldsOf(next));
    setFaults({});
  };
  const create = useCommand("agent.create", {
    onSuccess: (made) => navigate({ to: "/agents/$agent", params: { agent: made.id }, replace: true }),
  });
  const update = useCommand("agent.update", {
    onSuccess: (next) => {
      begin(next);
      saySo(t("saved"));
    },
  });
  const remove = useCommand("agent.delete", {
    onError: sayFailure,
    onSuccess: () => {
      navigate({ to: "/agents" });
      if (agent)
        saySo(t("removed", { name: agent.name }), () =>
          run("agent.restore", { agent: agent.id }).catch((error) => sayFailure(failed(error))),
        );
    },
  });

  const clean = JSON.stringify(plainFields(fields)) === JSON.stringify(plainFields(fieldsOf(base)));
  // an unchanged form follows the agent: another window, the command line, a rollback
  if (agent && base && clean && agent.revision !== base.revision) begin(agent);

  const set = <K extends keyof Fields>(key: K, value: Fields[K]) => {
    setFields((old) => ({ ...old, [key]: value }));
    setFaults((old) => ({ ...old, [key]: undefined }));
  };
  const setName = (name: string) => {
    set("name", name);
    if (!slugTouched) set("slug", freeSlug(slugOf(name), new Set(all.map((one) => one.slug))));
  };
  const save = (revision: number | null) => {
    const result = draftOf(fields, base);
    if ("faults" in result) {
      setFaults(result.faults);
      return;
    }
    if (base === null) create.mutate(result.draft);
    else update.mutate({ agent: base.id, draft: result.draft, revision });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(base?.revision ?? null);
  };

  const failure = create.error ?? update.error;
  const conflict =
    base !== null && update.error?.view.kind === "conflict" && update.error.view.param !== "slug";
  return (
    <form onSubmit={submit} noValidate>
      <header className="mb-6 flex items-start justify-between gap-4">
        <h2 className="min-w-0 truncate font-semibold text-xl tracking-[-0.01em]">
          {base?.name ?? t("create")}
        </h2>
        {base && (
          <div className="flex shrink-0 gap-1 pt-0.5">
            <IconButton icon={Trash2} label={t("remove")} onClick={() => remove.mutate({ agent: base.id })} />
            <Button
              icon={MessageSquare}
              onClick={() => navigate({ to: "/chat", search: { agent: base.slug, fresh: Date.now() } })}
            >
              {t("chat")}
            </Button>
          </div>
        )}
      </header>

      <div className="flex flex-col gap-5">
        <div className="grid grid-cols-2 gap-4">
          <Field label={t("name")} error={faults.name}>
            {(ids) => (
              <Input
                {...ids}
                value={fields.name}
                maxLength={120}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("slug")} error={faults.slug} hint={t("slugHint")}>
            {(ids) => (
              <Input
                {...ids}
                mono
                value={fields.slug}
                maxLength={63}
                onChange={(event) => {
                  setSlugTouched(true);
                  set("slug", event.target.value);
                }}
              />
            )}
          </Field>
        </div>
        <Field label={t("target")} error={faults.target} hint={t("targetHint")}>
          {(ids) => (
            <Suggest
              {...ids}
              value={fields.target}
              options={targets}
              onChange={(value) => set("target", value)}
            />
          )}
        </Field>
        <Field label={t("instructions")} hint={t("instructionsHint")}>
          {(ids) => (
            <Area
              {...ids}
              rows={9}
              value={fields.instructions}
              onChange={(event) => set("instructions", event.target.value)}
            />
          )}
        </Field>
        <Limits fields={fields} faults={faults} set={set} />
        <div className="grid grid-cols-2 gap-4">
          <Field label={t("instructionsMerge")}>
            {({ id }) => (
              <Select
                id={id}
                value={fields.instructionsMerge}
                onChange={(value) => set("instructionsMerge", value)}
                options={[
                  { value: "append", label: "Append to the agent's" },
                  { value: "replace", label: "Replace the agent's" },
                  { value: "ignore", label: "Ignore" },
                ]}
              />
            )}
          </Field>
          <Field label={t("toolsMerge")}>
            {({ id }) => (
              <Select
                id={id}
                value={fields.toolsMerge}
                onChange={(value) => set("toolsMerge", value)}
                options={[
                  { value: "merge", label: "Merge with the agent's" },
                  { value: "caller-only", label: "Replace the agent's" },
                  { value: "agent-only", label: "Ignore" },
                ]}
              />
            )}
          </Field>
        </div>
        <Field label={t("fallbacks")} optional error={faults.fallbacks} hint={t("fallbacksHint")}>
          {(ids) => (
            <Area
              {...ids}
              mono
              rows={2}
              className="text-xs"
              value={fields.fallbacks}
              onChange={(event) => set("fallbacks", event.target.value)}
            />
          )}
        </Field>
      </div>

      {conflict && agent ? (
        <div className="mt-5">
          <FailureNote failure={{ message: t("conflict"), hint: t("conflictHint") } as never}>
            <span className="mt-2 flex gap-2">
              <Button
                small
                onClick={() => {
                  update.reset();
                  begin(agent);
                }}
              >
                {t("load")}
              </Button>
              <Button small onClick={() => save(null)}>
                {t("overwrite")}
              </Button>
            </span>
          </FailureNote>
        </div>
      ) : (
        failure && (
          <div className="mt-5">
            <FailureNote failure={failure} />
          </div>
        )
      )}
      <footer className="sticky bottom-0 mt-6 flex items-center gap-2 border-line border-t bg-paper py-3">
        <Button
          look="main"
          type="submit"
          busy={create.isPending || update.isPending}
          disabled={base !== null && clean}
        >
          {base ? t("save") : t("make")}
        </Button>
        <Button
          disabled={base !== null && clean}
          onClick={() => {
            update.reset();
            if (base) begin(agent ?? base);
            else navigate({ to: "/agents" });
          }}
        >
          {t("cancel")}
        </Button>
        {base && !clean && <span className="text-ink-3 text-xs">{t("unsaved")}</span>}
      </footer>
      {base && <History agent={base} onRolledBack={begin} />}
    </form>
  );
}

const plainFields = (fields: Fields) => ({ ...fields, locked: [...fields.locked].sort() });

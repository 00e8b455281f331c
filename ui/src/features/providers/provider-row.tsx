import { useQuery } from "@tanstack/react-query";
import { Ellipsis, KeyRound, ListTree, Trash2, Wifi } from "lucide-react";
import { useState } from "react";
import type { ProviderView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { client, providerModels } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { Checks } from "@/components/checks";
import { Confirm, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { Menu } from "@/components/menu";
import { Dot, Loaded } from "@/components/page";
import { countOf, money, short } from "@/lib/format";
import { t } from "./words";

export function ProviderRow({ provider }: { provider: ProviderView }) {
  const [open, setOpen] = useState<"key" | "remove" | "models" | "test" | null>(null);
  const test = useCommand("provider.test");
  const remove = useCommand("provider.remove", { onSuccess: () => setOpen(null) });
  const runTest = () => {
    setOpen("test");
    test.mutate({ id: provider.id, model: null });
  };
  const facts = [
    provider.transport.via === "http" ? provider.transport.base_url : t("inProcess"),
    provider.key_hint !== null
      ? t("keyEnds", { hint: provider.key_hint })
      : provider.auth.scheme === "none"
        ? t("noKeyNeeded")
        : null,
    countOf("agents", provider.agents),
  ].filter(Boolean);
  return (
    <div className="border-line border-b" data-provider={provider.id}>
      <div className="flex min-h-14 items-center gap-3 py-2">
        <div className="min-w-0 flex-1">
          <p className="flex items-center gap-2">
            <span className="font-medium">{provider.name}</span>
            <span className="font-mono text-ink-3 text-xs">{provider.id}</span>
            {provider.key_missing && (
              <span className="flex items-center gap-1.5 text-warn text-xs">
                <Dot tone="warn" />
                {t("keyMissing")}
              </span>
            )}
          </p>
          <p className="truncate text-ink-3 text-xs">{facts.join(" · ")}</p>
        </div>
        {provider.key_missing && (
          <Button small onClick={() => setOpen("key")}>
            {t("giveKey")}
          </Button>
        )}
        <Button small look="quiet" busy={test.isPending} onClick={runTest}>
          {test.isPending ? t("testing") : t("test")}
        </Button>
        <Menu
          trigger={<IconButton small icon={Ellipsis} label={`More for ${provider.name}`} />}
          entries={[
            { label: t("models"), icon: ListTree, run: () => setOpen("models") },
            { label: t("test"), icon: Wifi, run: runTest },
            ...(provider.transport.via === "http"
              ? [{ label: t("setKey"), icon: KeyRound, run: () => setOpen("key") }]
              : []),
            { label: t("remove"), icon: Trash2, bad: true, run: () => setOpen("remove") },
          ]}
        />
      </div>
      {open === "test" && (test.data || test.error) && (
        <div className="pb-3">
          {test.error && <FailureNote failure={test.error} onRetry={runTest} />}
          {test.data && <Checks checks={test.data.checks} />}
        </div>
      )}
      <KeyDialog provider={provider} open={open === "key"} onClose={() => setOpen(null)} onSaved={runTest} />
      <ModelsDialog provider={provider} open={open === "models"} onClose={() => setOpen(null)} />
      <Confirm
        open={open === "remove"}
        onClose={() => setOpen(null)}
        title={t("removeTitle", { name: provider.name })}
        text={t("removeText", { count: provider.agents })}
        action={t("remove")}
        busy={remove.isPending}
        failure={remove.error}
        onConfirm={() => remove.mutate({ id: provider.id })}
      />
    </div>
  );
}

function KeyDialog({
  provider,
  open,
  onClose,
  onSaved,
}: {
  provider: ProviderView;
  open: boolean;
  onClose: () => void;
  onSaved: () => void;
}) {
  const [key, setKey] = useState("");
  const close = () => {
    setKey("");
    onClose();
  };
  const save = useCommand("provider.set_key", {
    onSuccess: () => {
      close();
      onSaved();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={close}
      title={t("setKeyTitle", { name: provider.name })}
      foot={
        <Button
          look="main"
          type="submit"
          form={`key-${provider.id}`}
          busy={save.isPending}
          disabled={key.trim() === ""}
        >
          {t("saveKey")}
        </Button>
      }
    >
      <form
        id={`key-${provider.id}`}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ id: provider.id, key: key.trim() });
        }}
      >
        <Field label={t("key")} hint={t("keyHint")}>
          {(ids) => (
            <Input
              {...ids}
              mono
              type="password"
              autoComplete="off"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        {save.error && (
          <div className="mt-3">
            <FailureNote failure={save.error} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

function ModelsDialog({
  provider,
  open,
  onClose,
}: {
  provider: ProviderView;
  open: boolean;
  onClose: () => void;
}) {
  const query = useQuery({ ...providerModels(provider.id), enabled: open });
  const refresh = useCommand("provider.models", {
    onSuccess: (list) => {
      client.setQueryData(providerModels(provider.id).queryKey, list);
      client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={`${t("models")} of ${provider.name}`}
      foot={
        <Button busy={refresh.isPending} onClick={() => refresh.mutate({ id: provider.id, refresh: true })}>
          {t("refresh")}
        </Button>
      }
    >
      {refresh.error && <FailureNote failure={refresh.error} />}
      <Loaded query={query}>
        {({ models, source, failure }) => (
          <>
            {(failure !== null || source === "catalogue") && (
              <p className="selectable pb-2 text-ink-2 text-xs">
                {[
                  source === "catalogue" && t("fromCatalogue"),
                  failure !== null && t("notAsked", { why: failure.message }),
                ]
                  .filter(Boolean)
                  .join(" ")}
              </p>
            )}
            <table className="w-full">
              <thead className="text-left text-2xs text-ink-3">
                <tr>
                  <th className="py-1 font-normal">Model</th>
                  <th className="py-1 text-right font-normal">Context</th>
                  <th className="py-1 text-right font-normal">In / out per million tokens</th>
                </tr>
              </thead>
              <tbody>
                {models.map((model) => (
                  <tr key={model.id} className="border-line border-t">
                    <td className="selectable py-1.5 pr-3 font-mono text-xs [overflow-wrap:anywhere]">
                      {model.id}
                    </td>
                    <td className="tnum py-1.5 text-right text-ink-2">
                      {model.context === null ? "" : short(model.context)}
                    </td>
                    <td className="tnum whitespace-nowrap py-1.5 pl-3 text-right text-ink-2">
                      {model.price === null
                        ? "unknown"
                        : `${money(model.price.input)} / ${money(model.price.output)}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

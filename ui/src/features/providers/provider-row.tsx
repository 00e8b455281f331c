import { ChevronRight, Ellipsis, KeyRound, Trash2, Unlink } from "lucide-react";
import { useState } from "react";
import type { ProviderHealth, ProviderView } from "@/api/generated/types";
import { useTest } from "@/api/use-test";
import { Button, IconButton } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Menu } from "@/components/menu";
import { Steps } from "@/components/steps";
import { cx } from "@/lib/cx";
import { countOf } from "@/lib/format";
import { shownAddress } from "@/lib/urls";
import { KeyDialog } from "./key-dialog";
import { ProviderModels } from "./provider-models";
import { RemoveKey, RemoveProvider } from "./remove-dialogs";
import { Latency, Reason, State } from "./state";
import { t } from "./words";

interface ProviderRowProps {
  provider: ProviderView;
  health: ProviderHealth | undefined;
  open: boolean;
  onOpen: (open: boolean) => void;
}

/** A provider and how it stands; opened, its test, its models and their prices. */
export function ProviderRow({ provider, health, open, onOpen }: ProviderRowProps) {
  const [dialog, setDialog] = useState<"key" | "remove-key" | "remove" | null>(null);
  const test = useTest(provider.id);
  const close = () => setDialog(null);
  const runTest = () => {
    onOpen(true);
    // its failure is shown below
    test.run().catch(() => undefined);
  };
  const http = provider.transport.via === "http";
  const facts = [
    provider.transport.via === "http" ? shownAddress(provider.transport.base_url) : t("inProcess"),
    provider.key_hint !== null
      ? t("keyEnds", { hint: provider.key_hint })
      : provider.auth.scheme === "none" && http
        ? t("noKeyNeeded")
        : null,
    countOf("agents", provider.agents),
  ];
  return (
    <div className="border-line border-b" data-provider={provider.id}>
      <div className="flex min-h-15 items-center gap-3 py-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onOpen(!open)}
          className="group flex min-w-0 flex-1 items-center gap-2 rounded-md text-left"
        >
          <ChevronRight
            size={14}
            strokeWidth={1.75}
            aria-hidden="true"
            className={cx("shrink-0 text-ink-3 group-hover:text-ink", open && "rotate-90")}
          />
          <span className="min-w-0">
            <span className="flex items-center gap-2.5">
              <span className="truncate font-medium">{provider.name}</span>
              <span className="truncate font-mono text-ink-3 text-xs">{provider.id}</span>
              {health && <State state={health.state} />}
            </span>
            <span className="block truncate text-ink-3 text-xs">{facts.filter(Boolean).join(" · ")}</span>
          </span>
        </button>
        <span className="max-[1000px]:hidden">{health && <Latency health={health} />}</span>
        {provider.key_missing ? (
          <Button small onClick={() => setDialog("key")}>
            {t("giveKey")}
          </Button>
        ) : (
          <Button small look="quiet" busy={test.running} onClick={runTest}>
            {test.running ? t("testing") : t("test")}
          </Button>
        )}
        <Menu
          trigger={<IconButton small icon={Ellipsis} label={t("moreFor", { name: provider.name })} />}
          entries={[
            ...(http ? [{ label: t("setKey"), icon: KeyRound, run: () => setDialog("key") }] : []),
            ...(provider.key_hint !== null
              ? [{ label: t("removeKey"), icon: Unlink, run: () => setDialog("remove-key") }]
              : []),
            { label: t("removeProvider"), icon: Trash2, bad: true, run: () => setDialog("remove") },
          ]}
        />
      </div>
      {open && (
        <div className="flex flex-col gap-5 pt-1 pb-6 pl-5.5">
          {health && <Reason health={health} />}
          {test.failure && <FailureNote failure={test.failure} onRetry={runTest} />}
          {test.begun && <Steps checks={test.checks} running={test.running} />}
          <ProviderModels provider={provider} />
        </div>
      )}
      <KeyDialog provider={provider} open={dialog === "key"} onClose={close} onSaved={runTest} />
      <RemoveKey provider={provider} open={dialog === "remove-key"} onClose={close} />
      <RemoveProvider provider={provider} open={dialog === "remove"} onClose={close} />
    </div>
  );
}

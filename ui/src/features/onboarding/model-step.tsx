import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { AddProvider } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { catalogue, detected, providers, status } from "@/api/queries";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Waiting } from "@/components/page";
import { ProviderForm } from "@/components/provider-form";
import { StarterPanel } from "@/components/starter";
import { NO_TIMEOUTS } from "@/lib/drafts";
import { Choice, Choices } from "./choices";
import { t } from "./words";

interface Source {
  id: string;
  name: string;
  short: string;
  body: ReactNode;
  foot: ReactNode;
}

const STARTER: AddProvider = {
  id: "starter",
  kind: "starter",
  name: null,
  wire: null,
  base_url: null,
  allow_http: false,
  key: null,
  no_key: true,
  timeouts: NO_TIMEOUTS,
  ca: null,
  streams_only: false,
};

/** Chooses where answers come from and makes sure that they do. */
export function ModelStep({ onDone }: { onDone: (provider: string) => void }) {
  const app = useQuery(status).data;
  const added = useQuery(providers).data;
  const found = useQuery(detected).data ?? [];
  useQuery(catalogue);
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const addStarter = useCommand("provider.add", { onSuccess: (one) => onDone(one.id) });
  if (app === undefined || added === undefined) return <Waiting rows={4} />;

  const inProcess = added.find((one) => one.transport.via === "in-process");
  const taken = new Set(added.map((one) => one.id));
  const form = (server: (typeof found)[number] | null) => ({
    body: (
      <ProviderForm
        id="first-provider"
        server={server}
        taken={taken}
        onBusy={setBusy}
        onDone={(one) => onDone(one.id)}
      />
    ),
    foot: (
      <Button look="main" type="submit" form="first-provider" busy={busy}>
        {busy ? t("testing") : t("addAndTest")}
      </Button>
    ),
  });
  const goOn = (provider: string, ready = true) => (
    <Button look="main" disabled={!ready} onClick={() => onDone(provider)}>
      {t("next")}
    </Button>
  );
  const sources: Source[] = [
    ...(app.starter.state === "not_built"
      ? []
      : [
          {
            id: "starter",
            name: t("starter"),
            short: t("starterShort"),
            body: <StarterPanel starter={app.starter} label={app.starter_label} />,
            foot: app.starter.state === "ready" && (
              <>
                {addStarter.error && <FailureNote failure={addStarter.error} />}
                <Button
                  look="main"
                  busy={addStarter.isPending}
                  onClick={() => (inProcess ? onDone(inProcess.id) : addStarter.mutate(STARTER))}
                >
                  {t("next")}
                </Button>
              </>
            ),
          },
        ]),
    ...added
      .filter((one) => one.transport.via === "http" && !one.key_missing)
      .map((one) => ({
        id: `have-${one.id}`,
        name: one.name,
        short: t("have"),
        body: null,
        foot: goOn(one.id),
      })),
    ...found.map((server) => ({
      id: server.base_url,
      name: server.name,
      short: t("server", { url: server.base_url }),
      ...form(server),
    })),
    { id: "provider", name: t("provider"), short: t("providerShort"), ...form(null) },
  ];
  const open = chosen ?? sources[0]?.id;
  return (
    <>
      <h2 className="font-semibold text-xl tracking-[-0.01em]">{t("modelTitle")}</h2>
      <p className="mt-1 mb-6 text-ink-2">{t("modelLead")}</p>
      <Choices label={t("modelTitle")} className="border-line border-b">
        {sources.map((source) => (
          <div key={source.id} className="border-line border-t">
            <Choice
              name={source.name}
              short={source.short}
              on={source.id === open}
              onChoose={() => setChosen(source.id)}
            />
            {source.id === open && (source.body || source.foot) && (
              <div className="pb-5 pl-6.5">
                {source.body}
                {source.foot && <div className="mt-4">{source.foot}</div>}
              </div>
            )}
          </div>
        ))}
      </Choices>
    </>
  );
}

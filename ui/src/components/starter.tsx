// The starter model's state and download, shown in the first steps and in the settings.

import type { StarterStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { bytes } from "@/lib/format";
import { Button } from "./button";
import { FailureNote } from "./failure";
import { Dot } from "./page";
import { Progress } from "./progress";
import { sayFailure } from "./toasts";
import { t } from "./words";

/** What it is good for, what the download means, and how far it got. */
export function StarterPanel({ starter, label }: { starter: StarterStatus; label: string }) {
  const settings = useCommand("settings.set");
  const fetch = useCommand("starter.fetch", { onError: sayFailure });
  const cancel = useCommand("starter.cancel", { onError: sayFailure });
  // pressing the button, under size, origin and licence, is the consent
  const start = () =>
    settings.mutate(
      { default_agent: null, port: null, theme: null, starter_consent: true, vault: null },
      { onSuccess: () => fetch.mutate({}), onError: sayFailure },
    );
  const busy = settings.isPending || fetch.isPending;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-ink-2">{label}</p>
      {starter.state === "missing" && (
        <>
          <dl className="grid grid-cols-[5rem_1fr] gap-y-0.5">
            <dt className="text-ink-3">{t("starter.download")}</dt>
            <dd className="tnum">
              {starter.have > 0
                ? t("starter.haveSome", { bytes: bytes(starter.bytes), have: bytes(starter.have) })
                : bytes(starter.bytes)}
            </dd>
            <dt className="text-ink-3">{t("starter.from")}</dt>
            <dd className="selectable font-mono text-xs leading-5 [overflow-wrap:anywhere]">
              {starter.from}
            </dd>
            <dt className="text-ink-3">{t("starter.licence")}</dt>
            <dd>{starter.licence}</dd>
          </dl>
          <div>
            <Button look="main" busy={busy} onClick={start}>
              {starter.have > 0 ? t("starter.goOn") : t("starter.fetch", { bytes: bytes(starter.bytes) })}
            </Button>
          </div>
        </>
      )}
      {starter.state === "fetching" && (
        <div>
          <div className="mb-1.5 flex items-center justify-between">
            <span className="tnum flex items-center gap-2">
              <Dot tone="alive" />
              {t("starter.progress", { have: bytes(starter.have), bytes: bytes(starter.bytes) })}
            </span>
            <Button small busy={cancel.isPending} onClick={() => cancel.mutate({})}>
              {t("starter.cancel")}
            </Button>
          </div>
          <Progress label={t("starter.bar")} have={starter.have} total={starter.bytes} />
        </div>
      )}
      {starter.state === "failed" && <FailureNote failure={starter.failure} onRetry={start} />}
      {starter.state === "ready" && (
        <p className="flex items-center gap-2">
          <Dot tone="good" />
          {t("starter.ready")}
        </p>
      )}
    </div>
  );
}

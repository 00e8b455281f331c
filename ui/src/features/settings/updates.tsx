// Updates of the app by itself: looked for when asked, shown before they are fetched, and installed when confirmed.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Progress } from "@/components/progress";
import { Revealed } from "@/components/revealed";
import { Select } from "@/components/select";
import { bytes } from "@/lib/format";
import { platform, type Updates as Source } from "@/platform";
import { Line, Part, type PartProps, useChange } from "./part";
import { useUpdate } from "./use-update";
import { t } from "./words";

const SWITCH = ["on", "off"] as const;
type Switch = (typeof SWITCH)[number];

export function Updates({ now }: PartProps) {
  const version = useQuery(status).data?.version;
  const source = platform.updates;
  const channel = useQuery({
    queryKey: ["update-channel"],
    queryFn: () => source?.channel() ?? "none",
  }).data;
  return (
    <Part name="updates" lead={channel === "own" && t("updatesLead")}>
      <Line
        label={
          <>
            {t("name")} <span className="tnum text-ink-2">{version}</span>
          </>
        }
        hint={
          channel === "none" ? t("updatesNone") : channel === "system_packages" ? t("updatesSystem") : null
        }
      />
      {source && channel === "own" && <Own source={source} now={now} />}
    </Part>
  );
}

function Own({ source, now }: PartProps & { source: Source }) {
  const change = useChange();
  const update = useUpdate(source);
  const [confirming, setConfirming] = useState(false);
  const { step, release } = update;
  const version = release?.version ?? "";
  return (
    <>
      {release === null ? (
        <Line label={t(step === "newest" ? "updatesNewest" : "updatesCheck")}>
          <Button busy={step === "checking"} onClick={update.check}>
            {t("updatesCheck")}
          </Button>
        </Line>
      ) : (
        <>
          <Line
            label={
              <span role="status">{t(step === "ready" ? "updatesReady" : "updatesFound", { version })}</span>
            }
            hint={step === "downloading" && <Downloaded {...update.progress} />}
          >
            {step === "downloading" ? (
              <Button onClick={update.cancel}>{t("cancel")}</Button>
            ) : step === "ready" ? (
              <Button look="main" onClick={() => setConfirming(true)}>
                {t("updatesInstall")}
              </Button>
            ) : (
              <Button look="main" onClick={update.download}>
                {t("updatesDownload")}
              </Button>
            )}
          </Line>
          {release.notes.trim() !== "" && (
            <section aria-label={t("updatesNotes", { version })} className="pb-3">
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long notes are scrolled with the keyboard */}
              <div tabIndex={0} className="max-h-60 overflow-y-auto rounded-md bg-canvas px-3 py-2">
                <Revealed text={release.notes} />
              </div>
            </section>
          )}
        </>
      )}
      {update.failure && <FailureNote failure={update.failure} />}
      <Line label={t("updatesDaily")} hint={t("updatesDailyHint")}>
        <Select<Switch>
          label={t("updatesDaily")}
          className="w-full"
          value={now.check_for_updates ? "on" : "off"}
          options={SWITCH.map((value) => ({ value, label: t(value) }))}
          onChange={(check) => change({ check_for_updates: check === "on" })}
        />
      </Line>
      <Confirm
        open={confirming}
        onClose={() => setConfirming(false)}
        title={t("updatesInstallTitle", { version })}
        text={t("updatesInstallText")}
        action={t("updatesInstall")}
        busy={step === "installing"}
        failure={update.failure}
        onConfirm={update.install}
      />
    </>
  );
}

function Downloaded({ received, total }: { received: number; total: number | null }) {
  const got =
    total === null
      ? t("updatesGot", { received: bytes(received) })
      : t("updatesGotOf", { received: bytes(received), total: bytes(total) });
  return (
    <div className="mt-1 flex w-60 flex-col gap-1">
      <Progress label={t("updatesDownload")} have={received} total={total} />
      <span className="tnum">{got}</span>
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { run } from "@/api/client";
import type { LanStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { attempts } from "@/api/queries";
import { Button } from "@/components/button";
import { CopyIcon, copyText } from "@/components/copy";
import { Dot } from "@/components/page";
import { Table } from "@/components/table";
import { sayFailure, saySo } from "@/components/toasts";
import { duration, moment, since } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { OpenLan } from "./open-lan";
import { Line } from "./part";
import { reason } from "./refusals";
import { t } from "./words";

/** Whether other machines can connect: where, as whom, until when, and the switch for it. */
export function Lan({ status, keys }: { status: LanStatus; keys: number }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      {status.state === "open" ? (
        <Open status={status} onChange={() => setAsking(true)} />
      ) : (
        <Line
          label={t("lan")}
          hint={status.state === "failed" ? status.failure.message : t("lanOff")}
          bad={status.state === "failed"}
        >
          <Button onClick={() => setAsking(true)}>{t("lanAsk")}</Button>
        </Line>
      )}
      <OpenLan open={asking} onClose={() => setAsking(false)} status={status} keys={keys} />
    </>
  );
}

function Open({ status, onChange }: { status: Extract<LanStatus, { state: "open" }>; onChange: () => void }) {
  const now = useNow(1000);
  const close = useCommand("endpoint.lan_close", { onError: sayFailure });
  const left = Math.max(0, status.until - now);
  return (
    <>
      <Line
        label={
          <span className="flex items-center gap-2">
            <Dot tone="warn" />
            {t("lanOpen")}
          </span>
        }
        hint={
          <>
            <span className="block">{t("lanUntil", { time: moment(status.until) })}</span>
            <span className="tnum block">{t("lanLeft", { left: left > 0 ? hours(left) : duration(0) })}</span>
          </>
        }
      >
        <Button onClick={onChange}>{t("lanChange")}</Button>
        <Button look="main" busy={close.isPending} onClick={() => close.mutate({})}>
          {t("lanClose")}
        </Button>
      </Line>
      <Line label={t("lanAddress")}>
        <ul className="min-w-0 text-right font-mono text-xs [overflow-wrap:anywhere]">
          {status.base_urls.map((url) => (
            <li key={url} className="flex items-center justify-end gap-0.5">
              <span className="selectable">{url}</span>
              <CopyIcon text={url} label={t("copyAddress")} />
            </li>
          ))}
        </ul>
      </Line>
      <Line label={t("lanFingerprint")} hint={t("lanFingerprintHint")}>
        <div className="flex min-w-0 flex-col items-end gap-1">
          <div className="flex items-start gap-0.5">
            <code className="selectable text-xs">
              {rows(status.fingerprint).map((row) => (
                <span key={row} className="block">
                  {row}
                </span>
              ))}
            </code>
            <CopyIcon text={status.fingerprint} label={t("lanCopyFingerprint")} />
          </div>
          <CopyCertificate />
        </div>
      </Line>
      <Strangers />
    </>
  );
}

/** Eight bytes a row: people compare it. */
const rows = (fingerprint: string): readonly string[] => fingerprint.match(/.{1,24}/g) ?? [];

/** `7 h 59 min`; at the end with seconds. */
function hours(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return duration(ms);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What programs on other machines are told to believe. */
function CopyCertificate() {
  const copy = () =>
    run("endpoint.lan_certificate", {})
      .then(({ pem }) => copyText(pem))
      .then(() => saySo(t("lanCertificateCopied")), sayFailure);
  return (
    <Button small onClick={copy}>
      {t("lanCopyCertificate")}
    </Button>
  );
}

/** Who came from another machine and was refused. */
function Strangers() {
  const clock = useNow(30_000);
  const known = useQuery(attempts).data?.recent ?? [];
  const strangers = known.filter(({ from }) => from !== null).slice(0, 5);
  if (strangers.length === 0) return null;
  return (
    <div className="border-line border-t py-3">
      <h3>{t("lanRefused")}</h3>
      <Table
        noHeads
        look="plain"
        className="mt-1.5"
        caption={t("lanRefused")}
        columns={[
          { head: t("lanRefusedFrom") },
          { head: t("refusedWhy"), quiet: true },
          { head: t("refusedLast"), quiet: true, figure: true, className: "w-32" },
        ]}
        rows={strangers.map(({ at, from, kind, route }, place) => ({
          key: `${at}-${route}-${place}`,
          cells: [<code key="from">{from}</code>, reason(kind), since(at, clock)],
        }))}
      />
    </div>
  );
}

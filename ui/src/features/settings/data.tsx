import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Backup, Staged } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { backups, dataReport } from "@/api/queries";
import { Button } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { Confirm } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Loaded } from "@/components/page";
import { sayFailure, saySo } from "@/components/toasts";
import { bytes, group } from "@/lib/format";
import { platform } from "@/platform";
import { Erase } from "./erase";
import { NumberLine, whole } from "./number-line";
import { Line, Part, type PartProps, useChange } from "./part";
import { t } from "./words";

const LEDGER_AT_LEAST = 31;
const days = whole(1, 36_500, 0);
const ledgerDays = whole(LEDGER_AT_LEAST, 36_500, 0);

type Counted = "countSessions" | "countMessages" | "countRows" | "countCalls";
const counted = (what: Counted, count: number): string => t(what, { count, n: group(count) });

/** Where everything lies, how long it is kept, copies of it, and its end. */
export function Data({ now }: PartProps) {
  const change = useChange();
  const report = useQuery(dataReport);
  const [erasing, setErasing] = useState(false);
  const write = useCommand("data.export", { onError: sayFailure });
  return (
    <Part name="data">
      <Loaded query={report} rows={2}>
        {(view) => (
          <>
            {view.staged && <AtNextStart staged={view.staged} />}
            <Line
              label={t("folder")}
              hint={
                <span className="flex min-w-0 items-center gap-0.5">
                  <code className="selectable [overflow-wrap:anywhere]">{view.path}</code>
                  <CopyIcon text={view.path} label={t("copyPath")} />
                </span>
              }
            />
            <Line
              label={t("size")}
              hint={t("sizeOf", {
                sessions: counted("countSessions", view.sessions),
                messages: counted("countMessages", view.messages),
                calls: counted("countCalls", view.calls),
              })}
            >
              <span className="tnum">{bytes(view.database_bytes)}</span>
            </Line>
          </>
        )}
      </Loaded>
      <NumberLine
        key={`requests-${now.keep_requests_days}`}
        label={t("keepRequests")}
        hint={t("keepRequestsHint")}
        badHint={t("daysBad")}
        placeholder={t("forEver")}
        value={now.keep_requests_days}
        read={days}
        onSave={(keep_requests_days) => change({ keep_requests_days })}
      />
      <NumberLine
        key={`calls-${now.keep_calls_days}`}
        label={t("keepCalls")}
        hint={t("keepCallsHint")}
        badHint={t("ledgerBad", { least: LEDGER_AT_LEAST })}
        placeholder={t("forEver")}
        value={now.keep_calls_days}
        read={ledgerDays}
        onSave={(keep_calls_days) => change({ keep_calls_days })}
      />
      <Backups />
      <Line
        label={t("export")}
        hint={
          write.data ? (
            <span className="flex min-w-0 items-center gap-0.5">
              <span className="min-w-0">
                {t("exported", {
                  rows: counted("countRows", write.data.rows),
                  bytes: bytes(write.data.bytes),
                })}{" "}
                <code className="selectable [overflow-wrap:anywhere]">{write.data.path}</code>
              </span>
              <CopyIcon text={write.data.path} label={t("copyPath")} />
            </span>
          ) : (
            t("exportHint")
          )
        }
      >
        <Button busy={write.isPending} onClick={() => write.mutate({})}>
          {t("exportNow")}
        </Button>
      </Line>
      <Line label={t("erase")} hint={t("eraseHint")}>
        <Button look="bad" onClick={() => setErasing(true)}>
          {t("eraseAsk")}
        </Button>
      </Line>
      <Erase open={erasing} onClose={() => setErasing(false)} />
    </Part>
  );
}

/** What will happen at the next start, until which it can be taken back. */
function AtNextStart({ staged }: { staged: Staged }) {
  const keep = useCommand("data.keep", { onError: sayFailure });
  return (
    <div role="status" className="mb-3 flex items-center gap-3 rounded-md bg-ember-wash px-3 py-2.5">
      <p className="min-w-0 flex-1">{t(staged.do === "erase" ? "stagedErase" : "stagedRestore")}</p>
      <Button small busy={keep.isPending} onClick={() => keep.mutate({})}>
        {t("takeBack")}
      </Button>
      {platform.restart && (
        <Button small look="main" onClick={() => platform.restart?.()}>
          {t("restart")}
        </Button>
      )}
    </div>
  );
}

function Backups() {
  const query = useQuery(backups);
  const create = useCommand("backup.create", {
    onError: sayFailure,
    onSuccess: () => saySo(t("backupMade")),
  });
  const verify = useCommand("backup.verify");
  const [restoring, setRestoring] = useState<Backup | null>(null);
  const restore = useCommand("data.restore", { onSuccess: () => setRestoring(null) });
  const looked = verify.variables?.backup;
  return (
    <div>
      <Line label={t("backups")} hint={t("backupsHint")}>
        <Button busy={create.isPending} onClick={() => create.mutate({})}>
          {t("backupNow")}
        </Button>
      </Line>
      <Loaded query={query} rows={1}>
        {(list) =>
          list.length === 0 ? null : (
            <ul className="pb-2" aria-label={t("backups")}>
              {list.map((backup) => (
                <li key={backup.number} className="flex min-h-9 items-center gap-2">
                  <span className="tnum min-w-0 flex-1 truncate text-ink-2">
                    {t("backupNumber", { number: backup.number })}
                    <span className="text-ink-3 text-xs"> {backup.path.split(/[\\/]/).at(-1)}</span>
                  </span>
                  <Button
                    small
                    look="quiet"
                    busy={verify.isPending && looked === String(backup.number)}
                    onClick={() => verify.mutate({ backup: String(backup.number) })}
                  >
                    {t("verify")}
                  </Button>
                  <Button small look="quiet" onClick={() => setRestoring(backup)}>
                    {t("restore")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {verify.data && (
        <p role="status" className="pb-2.5 text-good text-xs">
          {t("verified", {
            number: looked ?? "",
            bytes: bytes(verify.data.bytes),
            sessions: counted("countSessions", verify.data.sessions),
            calls: counted("countCalls", verify.data.calls),
          })}
        </p>
      )}
      {verify.error && (
        <div className="pb-2.5">
          <FailureNote failure={verify.error} />
        </div>
      )}
      <Confirm
        open={restoring !== null}
        onClose={() => setRestoring(null)}
        title={t("restoreTitle", { number: restoring?.number ?? "" })}
        text={t("restoreText")}
        action={t("restore")}
        busy={restore.isPending}
        failure={restore.error}
        onConfirm={() => restoring && restore.mutate({ backup: String(restoring.number) })}
      />
    </div>
  );
}

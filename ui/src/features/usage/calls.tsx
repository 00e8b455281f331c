import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CallRow } from "@/api/generated/types";
import { calls } from "@/api/queries";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Dot, Empty, Section, Waiting } from "@/components/page";
import { ago, duration, group, money } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { CallDialog } from "./call-dialog";
import { t } from "./words";

/** Who called: a program by its key's name. */
export function caller(row: CallRow): string {
  if (row.source.from === "window") return t("window");
  if (row.source.from === "command_line") return t("commandLine");
  return row.client ?? row.source.key;
}

/** The newest calls, live. */
export function Calls() {
  const query = useInfiniteQuery(calls);
  const [open, setOpen] = useState<string | null>(null);
  const now = useNow(10_000);
  const rows = query.data?.pages.flatMap((page) => page.calls);
  return (
    <div className="mt-9">
      <Section title={t("recent")}>
        {query.error && <FailureNote failure={query.error} onRetry={() => query.refetch()} />}
        {query.isPending && <Waiting />}
        {rows?.length === 0 && <Empty title={t("none")}>{t("noneText")}</Empty>}
        {rows !== undefined && rows.length > 0 && (
          <table className="w-full table-fixed" data-testid="calls">
            <colgroup>
              <col className="w-[17%]" />
              <col />
              <col className="w-[19%]" />
              <col className="w-[13%]" />
              <col className="w-[11%]" />
              <col className="w-[8%]" />
              <col className="w-[8%]" />
            </colgroup>
            <thead className="text-2xs text-ink-3">
              <tr>
                <th className="py-1 text-left font-normal">Caller</th>
                <th className="py-1 text-left font-normal">Answered by</th>
                <th className="py-1 text-left font-normal">Outcome</th>
                <th className="py-1 text-right font-normal">Tokens</th>
                <th className="py-1 text-right font-normal">Cost</th>
                <th className="py-1 text-right font-normal">Duration</th>
                <th className="py-1 text-right font-normal">When</th>
              </tr>
            </thead>
            <tbody className="tnum">
              {rows.map((row) => (
                <Row key={row.id} row={row} now={now} onOpen={() => setOpen(row.id)} />
              ))}
            </tbody>
          </table>
        )}
        {query.hasNextPage && (
          <Button
            small
            className="mt-3"
            busy={query.isFetchingNextPage}
            onClick={() => query.fetchNextPage()}
          >
            {t("more")}
          </Button>
        )}
      </Section>
      <CallDialog id={open} onClose={() => setOpen(null)} />
    </div>
  );
}

export function OutcomeWord({ row }: { row: Pick<CallRow, "outcome"> }) {
  const [tone, word] =
    row.outcome === null
      ? (["alive", t("running")] as const)
      : row.outcome.outcome === "succeeded"
        ? (["good", "answered"] as const)
        : row.outcome.outcome === "failed"
          ? (["bad", row.outcome.kind.replaceAll("_", " ")] as const)
          : (["off", row.outcome.outcome] as const);
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <Dot tone={tone} />
      <span className="truncate">{word}</span>
    </span>
  );
}

function Row({ row, now, onOpen }: { row: CallRow; now: number; onOpen: () => void }) {
  return (
    <tr className="border-line border-t hover:bg-hover" data-call={row.id} onClick={onOpen}>
      <td className="truncate py-1.5 pr-2 pl-0.5">
        <button type="button" className="focus-inset max-w-full truncate rounded-sm text-left font-medium">
          {caller(row)}
        </button>
      </td>
      <td className="truncate py-1.5 pr-2 font-mono text-xs">
        {row.agent_slug ?? row.requested_model}{" "}
        {row.target && <span className="text-ink-3">{row.target}</span>}
      </td>
      <td className="py-1.5 pr-2">
        <OutcomeWord row={row} />
      </td>
      <td className="py-1.5 text-right">
        {row.usage ? `${group(row.usage.input)} + ${group(row.usage.output)}` : ""}
      </td>
      <td className="py-1.5 text-right">
        {row.cost !== null ? (
          money(row.cost)
        ) : row.outcome === null ? (
          ""
        ) : (
          <span className="text-ink-3">unknown</span>
        )}
      </td>
      <td className="py-1.5 text-right text-ink-2">{row.total_ms === null ? "" : duration(row.total_ms)}</td>
      <td className="py-1.5 text-right text-ink-3">{ago(row.started_at, now)}</td>
    </tr>
  );
}

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Empty, Waiting } from "@/components/page";
import { WaitingList } from "@/features/approvals/waiting-list";
import { CallList } from "./call-list";
import { type Filter, isEmpty, leaveWith } from "./filter";
import { Filters } from "./filters";
import { useCalls } from "./live";
import { t } from "./words";

/** Every call of every client, the newest first, as it happens. */
export function ActivityScreen({ filter }: { filter: Filter }) {
  const navigate = useNavigate();
  const { query, rows } = useCalls(filter);
  const show = (next: Filter) => navigate({ to: "/activity", search: next, replace: true });
  useEffect(() => leaveWith(filter), [filter]);
  const running = rows?.filter((row) => row.outcome === null).length ?? 0;
  return (
    <main className="flex h-full flex-col pt-7" aria-label={t("title")}>
      <header className="w-full max-w-[88rem] shrink-0 px-5 lg:px-8">
        <div className="flex items-baseline gap-3">
          <h1 className="font-semibold text-xl tracking-[-0.01em]">{t("title")}</h1>
          <p className="tnum text-ink-3 text-xs" role="status">
            {running > 0 && t("runningNow", { count: running })}
          </p>
        </div>
        <WaitingList className="mt-4 max-h-[40vh] overflow-y-auto" />
        <Filters filter={filter} onChange={show} />
      </header>
      {rows !== undefined && rows.length > 0 ? (
        <CallList key={JSON.stringify(filter)} rows={rows} query={query} filter={filter} />
      ) : (
        <div className="w-full max-w-[88rem] px-5 pt-4 lg:px-8">
          {query.error && <FailureNote failure={query.error} onRetry={() => query.refetch()} />}
          {query.isPending && <Waiting rows={6} />}
          {rows?.length === 0 && query.hasNextPage && (
            <LookFurther busy={query.isFetchingNextPage} onLook={() => query.fetchNextPage()} />
          )}
          {rows?.length === 0 && !query.hasNextPage && <Nothing filter={filter} onClear={() => show({})} />}
        </div>
      )}
    </main>
  );
}

/** A filter that few calls match is looked for in portions. */
function LookFurther({ busy, onLook }: { busy: boolean; onLook: () => void }) {
  return (
    <Empty
      title={t("notYet")}
      action={
        <Button busy={busy} onClick={onLook}>
          {t("lookFurther")}
        </Button>
      }
    />
  );
}

function Nothing({ filter, onClear }: { filter: Filter; onClear: () => void }) {
  const navigate = useNavigate();
  if (!isEmpty(filter)) {
    return <Empty title={t("noMatch")} action={<Button onClick={onClear}>{t("clear")}</Button>} />;
  }
  return (
    <Empty
      title={t("none")}
      action={<Button onClick={() => navigate({ to: "/connect" })}>{t("connect")}</Button>}
    >
      {t("noneText")}
    </Empty>
  );
}

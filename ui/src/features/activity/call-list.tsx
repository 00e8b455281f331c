import { type InfiniteData, type UseInfiniteQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowUp } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { approvals } from "@/api/approvals";
import type { CallPage, CallRow } from "@/api/generated/types";
import { Button } from "@/components/button";
import { cx } from "@/lib/cx";
import { ago, duration, group, money } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import type { Filter } from "./filter";
import { answerer, caller, Elapsed, OutcomeWord, refusals, WaitingWord } from "./row-words";
import { t } from "./words";

const ROW = 36;
const GRID =
  "grid grid-cols-[7.5rem_6.5rem_minmax(0,1fr)_6.5rem_5rem_4rem_3rem] items-center gap-x-3 max-md:grid-cols-[7.5rem_6.5rem_minmax(0,1fr)_5rem_3rem] xl:grid-cols-[9rem_9rem_minmax(0,1fr)_8rem_6rem_5rem_4rem] [&>*]:min-w-0";

/** Where there is no room for all columns; the call's page has these as well. */
const SPARE = "max-md:hidden";

interface CallListProps {
  rows: readonly CallRow[];
  query: UseInfiniteQueryResult<InfiniteData<CallPage>, Error>;
  filter: Filter;
}

/** Where lists were left, by their filter, so that coming back from a call finds the place again. */
const left = new Map<string, number>();

export function CallList({ rows, query, filter }: CallListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const place = JSON.stringify(filter);
  const now = useNow(10_000);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (at) => rows[at]?.id ?? at,
    estimateSize: () => ROW,
    initialOffset: left.get(place) ?? 0,
    overscan: 10,
  });
  const { fresh, toTop } = useAnchor(rows, scroller);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (last >= rows.length - 15 && hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0) return;
    const links = [...(scroller.current?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    if (at >= 0) links[at + step]?.focus();
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a virtual list lie where they belong, which a table's cannot
    <div
      role="table"
      aria-label={t("title")}
      aria-rowcount={hasNextPage ? -1 : rows.length + 1}
      className="relative flex min-h-0 flex-1 flex-col"
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div role="rowgroup" className="mx-auto w-full max-w-[88rem] shrink-0 px-5 lg:px-8">
        {/* biome-ignore lint/a11y/useSemanticElements: see above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: a row of heads is read, not used */}
        <div
          role="row"
          aria-rowindex={1}
          className={cx(GRID, "border-line border-b pb-1 text-2xs text-ink-3")}
        >
          {(["outcome", "caller", "answeredBy"] as const).map((head) => (
            <Head key={head}>{t(`heads.${head}`)}</Head>
          ))}
          {(["tokens", "cost", "duration", "when"] as const).map((head) => (
            <Head key={head} right spare={head === "tokens" || head === "duration"}>
              {t(`heads.${head}`)}
            </Head>
          ))}
        </div>
      </div>
      {fresh > 0 && (
        <Button
          small
          icon={ArrowUp}
          className="-translate-x-1/2 absolute top-8 left-1/2 z-10 shadow-overlay"
          onClick={toTop}
        >
          {t("newCalls", { count: fresh })}
        </Button>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: see above */}
      <div
        ref={scroller}
        role="rowgroup"
        className="min-h-0 flex-1 overflow-y-auto"
        data-testid="calls"
        onKeyDown={onKeyDown}
        onScroll={(event) => left.set(place, event.currentTarget.scrollTop)}
      >
        <div
          className="relative mx-auto w-full max-w-[88rem]"
          style={{ height: virtual.getTotalSize() }}
          role="presentation"
        >
          {items.map((item) => {
            const row = rows[item.index];
            return row && <Row key={row.id} row={row} at={item.index} top={item.start} now={now} />;
          })}
        </div>
      </div>
    </div>
  );
}

function Head({ right, spare, children }: { right?: boolean; spare?: boolean; children: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the table above
    // biome-ignore lint/a11y/useFocusableInteractive: a head is read, not used
    <span role="columnheader" className={cx("truncate", right && "text-right", spare && SPARE)}>
      {children}
    </span>
  );
}

/** Keeps what is looked at where it is while calls come in above it, and counts those. */
function useAnchor(rows: readonly CallRow[], scroller: React.RefObject<HTMLDivElement | null>) {
  const first = useRef(rows[0]?.id);
  const [fresh, setFresh] = useState(0);
  useLayoutEffect(() => {
    const box = scroller.current;
    const came = rows.findIndex((row) => row.id === first.current);
    first.current = rows[0]?.id;
    if (box === null || came <= 0 || box.scrollTop < ROW / 2) return;
    box.scrollTop += came * ROW;
    setFresh((before) => before + came);
  }, [rows, scroller]);
  useEffect(() => {
    const box = scroller.current;
    const seen = () => {
      if (box !== null && box.scrollTop < ROW / 2) setFresh(0);
    };
    box?.addEventListener("scroll", seen, { passive: true });
    return () => box?.removeEventListener("scroll", seen);
  }, [scroller]);
  return { fresh, toTop: () => scroller.current?.scrollTo({ top: 0 }) };
}

function Row({ row, at, top, now }: { row: CallRow; at: number; top: number; now: number }) {
  const cell = "truncate";
  const waits = useQuery(approvals).data?.some((one) => one.call === row.id) === true;
  const unknown = <span className="text-ink-3">{t("unknown")}</span>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the table above
    // biome-ignore lint/a11y/useFocusableInteractive: its link has the focus
    <div
      role="row"
      aria-rowindex={at + 2}
      data-call={row.id}
      className={cx(GRID, "tnum absolute inset-x-0 mx-5 border-line border-b hover:bg-hover lg:mx-8")}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
    >
      <Cell className={cell}>{waits ? <WaitingWord /> : <OutcomeWord outcome={row.outcome} />}</Cell>
      <Cell className={cell}>
        <Link
          to="/activity/$call"
          params={{ call: row.id }}
          data-row
          className="focus-inset rounded-sm font-medium after:absolute after:inset-0 after:content-['']"
        >
          {caller(row)}
        </Link>
      </Cell>
      <Cell className="flex items-baseline gap-2">
        <span className="truncate font-mono text-xs">
          {answerer(row)}{" "}
          {row.target && row.target !== answerer(row) && <span className="text-ink-3">{row.target}</span>}
        </span>
        {row.repeats > 0 && <span className="shrink-0 text-ink-2">{t("refusedTimes", refusals(row))}</span>}
      </Cell>
      <Cell className={cx("truncate text-right", SPARE)}>
        {row.usage ? t("inAndOut", { input: group(row.usage.input), output: group(row.usage.output) }) : ""}
      </Cell>
      <Cell className="truncate text-right">
        {row.cost !== null ? money(row.cost) : row.usage === null ? "" : unknown}
      </Cell>
      <Cell className={cx("truncate text-right text-ink-2", SPARE)}>
        {row.outcome === null ? (
          <Elapsed since={row.started_at} />
        ) : row.total_ms === null ? (
          ""
        ) : (
          duration(row.total_ms)
        )}
      </Cell>
      <Cell className="truncate text-right text-ink-3">{ago(row.started_at, now)}</Cell>
    </div>
  );
}

function Cell({ className, children }: { className: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the table above
    <span role="cell" className={className}>
      {children}
    </span>
  );
}

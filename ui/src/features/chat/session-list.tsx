import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Plus, Search, X } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import type { SearchHit, SessionRow } from "@/api/generated/types";
import { search, sessions } from "@/api/queries";
import { IconButton } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Waiting } from "@/components/page";
import { titleOf } from "@/lib/title";
import { useNow } from "@/lib/use-now";
import { ALL, type Filter, ListFilter } from "./list-filter";
import { MoveDialog } from "./move-dialog";
import { RenameDialog } from "./rename-dialog";
import { useSessionActions } from "./session-actions";
import { Hit, Row } from "./session-row";
import { t } from "./words";

const ROW = 54;
const HIT = 74;

/** All sessions, of the window and of programs, newest first; or those in which something was said. */
export function SessionList({ open, find, at }: { open: string | null; find?: number; at?: string }) {
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const late = useDeferredValue(query.trim());
  const [filter, setFilter] = useState<Filter>(ALL);
  const [asked, setAsked] = useState<{ what: "rename" | "move"; row: SessionRow } | null>(null);
  const entries = useSessionActions({
    rename: (row) => setAsked({ what: "rename", row }),
    move: (row) => setAsked({ what: "move", row }),
  });
  const all = useInfiniteQuery(sessions(filter));
  const found = useQuery(search(late));
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const now = useNow();

  useEffect(() => {
    if (find !== undefined) field.current?.focus();
  }, [find]);

  const searching = late !== "";
  const rows: ReadonlyArray<SessionRow | SearchHit> = searching
    ? (found.data ?? [])
    : (all.data?.pages.flatMap((page) => page.sessions) ?? []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (searching ? HIT : ROW),
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have another height when they are hits
  useEffect(() => virtual.measure(), [searching]);

  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = all;
  useEffect(() => {
    if (!searching && last >= rows.length - 10 && hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [searching, last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Escape" && query !== "") {
      setQuery("");
      event.stopPropagation();
      return;
    }
    if (step === 0) return;
    const links = [...(scroller.current?.querySelectorAll<HTMLElement>("a[data-row]") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    if (at + step < 0) field.current?.focus();
    else links[at < 0 ? 0 : Math.min(at + step, links.length - 1)]?.focus();
    event.preventDefault();
  };

  const failure = searching ? found.error : all.error;
  const waiting = searching ? found.isPending : all.isPending;
  return (
    <aside
      aria-label={t("sessions")}
      className="flex h-full w-64 shrink-0 flex-col border-line border-r bg-canvas lg:w-72"
      onKeyDown={onKeyDown}
    >
      <div className="flex items-center gap-1 px-2 pt-2.5 pb-2">
        <div className="relative min-w-0 flex-1">
          <Search
            size={15}
            strokeWidth={1.75}
            className="-translate-y-1/2 absolute top-1/2 left-2 text-ink-3"
            aria-hidden="true"
          />
          <input
            ref={field}
            type="search"
            aria-label={t("find")}
            placeholder={t("find")}
            spellCheck={false}
            className="h-8 w-full rounded-md bg-hover/70 pr-7 pl-7.5 focus-visible:bg-raised focus-visible:outline-offset-0 [&::-webkit-search-cancel-button]:hidden"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          {query !== "" && (
            <button
              type="button"
              aria-label={t("clear")}
              className="absolute top-1 right-1 flex size-6 items-center justify-center rounded-sm text-ink-3 hover:text-ink"
              onClick={() => setQuery("")}
            >
              <X size={15} strokeWidth={1.75} aria-hidden="true" />
            </button>
          )}
        </div>
        <IconButton
          icon={Plus}
          label={t("newChat")}
          keys="mod+N"
          onClick={() => navigate({ to: "/chat", search: { fresh: Date.now() } })}
        />
      </div>
      {!searching && <ListFilter filter={filter} onChange={setFilter} />}
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {failure && <FailureNote failure={failure} onRetry={() => (searching ? found : all).refetch()} />}
        {waiting && !failure && <Waiting rows={5} />}
        {!waiting && !failure && rows.length === 0 && <Nothing query={late} filter={filter} />}
        <div className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <div
                key={item.key}
                className="absolute inset-x-0"
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                {"snippet" in row ? (
                  <Hit
                    hit={row}
                    query={late}
                    open={row.session.id === open && (row.message ?? undefined) === at}
                    now={now}
                  />
                ) : (
                  <Row row={row} open={row.id === open} now={now} entries={entries} />
                )}
              </div>
            );
          })}
        </div>
      </div>
      {asked?.what === "move" && (
        <MoveDialog session={asked.row.id} folder={asked.row.folder} onClose={() => setAsked(null)} />
      )}
      {asked?.what === "rename" && (
        <RenameDialog
          session={asked.row.id}
          title={titleOf(asked.row.title)}
          onClose={() => setAsked(null)}
        />
      )}
    </aside>
  );
}

/** Why the list is empty, and what fills it. */
function Nothing({ query, filter }: { query: string; filter: Filter }) {
  const programs = query === "" && filter.folder === null && filter.of === "programs";
  const why =
    query !== ""
      ? t("nothingFound", { query })
      : filter.folder !== null
        ? t("emptyFolder")
        : programs
          ? t("noPrograms")
          : t("noSessions");
  return (
    <div className="px-2.5 py-2 text-ink-3">
      <p>{why}</p>
      {programs && (
        <Link to="/connect" className="text-ink-2 underline underline-offset-2">
          {t("connectOne")}
        </Link>
      )}
    </div>
  );
}

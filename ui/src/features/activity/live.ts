// The list of calls, kept alive. Old pages are read once; each notice reads only the newest calls, as far down as
// one still runs, and lays them over what is there. So a busy endpoint costs one small question at a time, and a list
// that was scrolled far keeps its place.

import { type InfiniteData, infiniteQueryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type Args, run } from "@/api/client";
import type { CallPage, CallRow } from "@/api/generated/types";
import { client } from "@/api/queries";
import { asked, type Filter } from "./filter";

const PAGE = 60;
const MOST = 500;

type Pages = InfiniteData<CallPage, unknown>;

const list = (args: Args<"call.list">) =>
  infiniteQueryOptions({
    queryKey: ["activity", args],
    queryFn: ({ pageParam }) => run("call.list", { ...args, cursor: pageParam, limit: PAGE }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** How many of the newest calls have to be read again so that none that ran is left as it was. */
export function reach(pages: Pages | undefined): number {
  const rows = pages?.pages.flatMap((page) => page.calls) ?? [];
  const oldest = rows.findLastIndex((row) => row.outcome === null);
  return Math.min(MOST, Math.max(PAGE, oldest + 1));
}

/** Lays the newest calls over the pages that are there. */
export function fold(before: Pages | undefined, head: CallPage): Pages | undefined {
  const newest = before?.pages[0]?.calls[0]?.id;
  if (before === undefined) return undefined;
  // ids grow with time, so everything from here on is told by the head
  const floor = head.next;
  if (floor === null || newest === undefined || floor > newest) {
    return { pages: [head], pageParams: [null] };
  }
  const older = before.pages.map((page) => ({ ...page, calls: page.calls.filter((row) => row.id < floor) }));
  const [first, ...rest] = older;
  if (first === undefined) return before;
  return { ...before, pages: [{ ...first, calls: [...head.calls, ...first.calls] }, ...rest] };
}

/** The calls of a filter, the newest first, as they come and go. */
export function useCalls(filter: Filter) {
  const args = asked(filter);
  const options = list(args);
  const query = useInfiniteQuery(options);
  useQuery({
    // notices mark what begins with "calls" as out of date
    queryKey: ["calls", "head", args],
    enabled: query.isSuccess,
    queryFn: async () => {
      const limit = reach(client.getQueryData(options.queryKey));
      const head = await run("call.list", { ...args, limit });
      client.setQueryData(options.queryKey, (before) => fold(before, head));
      return head.next;
    },
  });
  const rows: readonly CallRow[] | undefined = query.data?.pages.flatMap((page) => page.calls);
  return { query, rows };
}

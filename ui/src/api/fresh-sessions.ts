// The list of sessions may hold fifty thousand rows in a hundred pages, and a notice about one of them comes with every
// answer. Reading all pages again would take seconds, so only the first is: what changed is the newest, and so is there.

import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { run } from "./client";
import type { SessionPage, SessionsOf } from "./generated/types";

type Pages = InfiniteData<SessionPage, string | null>;

/** So few pages are simply read again. */
const FEW = 2;

/** The pages with a new first one; its rows stand nowhere else. */
export function withFirst(pages: Pages, first: SessionPage): Pages {
  const seen = new Set(first.sessions.map((row) => row.id));
  const [, ...later] = pages.pages;
  const rest = later.map((page) => ({
    ...page,
    sessions: page.sessions.filter((row) => !seen.has(row.id)),
  }));
  // what fell out of the first page would be missing until its page is read again, unless it goes to the next one
  const before = pages.pages[0]?.sessions ?? [];
  const kept = new Set(rest.flatMap((page) => page.sessions.map((row) => row.id)));
  const fallen = before.filter((row) => !seen.has(row.id) && !kept.has(row.id));
  const second = rest[0];
  const last = first.sessions.at(-1)?.updated_at ?? Number.NEGATIVE_INFINITY;
  const pushed = fallen.filter((row) => !row.pinned && row.updated_at <= last);
  if (second !== undefined) rest[0] = { ...second, sessions: [...pushed, ...second.sessions] };
  return { ...pages, pages: [first, ...rest] };
}

/** Brings all lists of sessions that were read up to date. */
export async function freshenSessions(client: QueryClient): Promise<void> {
  const lists = client.getQueryCache().findAll({ queryKey: ["sessions", "list"] });
  for (const query of lists) {
    const pages = query.state.data as Pages | undefined;
    if (pages === undefined || pages.pages.length <= FEW) {
      void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      continue;
    }
    const [, , of, folder] = query.queryKey as [string, string, SessionsOf | null, string | null];
    const limit = pages.pages[0]?.sessions.length ?? null;
    const first = await run("session.list", { cursor: null, limit, of, folder }).catch(() => null);
    if (first === null) continue;
    client.setQueryData<Pages>(query.queryKey, (now) => (now === undefined ? now : withFirst(now, first)));
  }
}

// What the window reads. Each key begins with its topic, so that a notice can mark it out of date.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answers } from "./answers";
import { run } from "./client";
import type { SessionsOf } from "./generated/types";

export { client } from "./query-client";
export { session } from "./session";

export const status = queryOptions({ queryKey: ["status"], queryFn: () => run("app.status", {}) });
export const doctor = queryOptions({
  queryKey: ["doctor"],
  queryFn: () => run("app.doctor", {}),
  staleTime: 0,
});
export const offeredLink = queryOptions({ queryKey: ["link"], queryFn: () => run("link.offered", {}) });
export const settings = queryOptions({ queryKey: ["settings"], queryFn: () => run("settings.get", {}) });
export const exposure = queryOptions({
  queryKey: ["exposure"],
  queryFn: () => run("endpoint.exposure", {}),
  staleTime: 0,
  refetchInterval: 5_000,
});
export const dataReport = queryOptions({
  queryKey: ["data"],
  queryFn: () => run("data.report", {}),
  staleTime: 0,
});
export const backups = queryOptions({ queryKey: ["backups"], queryFn: () => run("backup.list", {}) });
export const agents = queryOptions({ queryKey: ["agents"], queryFn: () => run("agent.list", {}) });
/** The drafts that are saved beside what programs have, also of agents that were never published. */
export const agentDrafts = queryOptions({
  queryKey: ["agents", "drafts"],
  queryFn: () => run("agent.draft_list", {}),
});
export const agentHistory = (agent: string) =>
  queryOptions({ queryKey: ["agents", "history", agent], queryFn: () => run("agent.history", { agent }) });
export const providers = queryOptions({ queryKey: ["providers"], queryFn: () => run("provider.list", {}) });
export const providerHealth = queryOptions({
  queryKey: ["health"],
  queryFn: () => run("provider.health", {}),
  staleTime: 2_000,
});
export const prices = queryOptions({ queryKey: ["prices"], queryFn: () => run("price.list", {}) });
export const catalogue = queryOptions({
  queryKey: ["catalogue"],
  queryFn: () => run("provider.catalogue", {}),
});
export const detected = queryOptions({
  queryKey: ["providers", "detected"],
  queryFn: () => run("provider.detect", {}),
  staleTime: 10_000,
});
export const providerModels = (id: string) =>
  queryOptions({
    queryKey: ["providers", "models", id],
    queryFn: () => run("provider.models", { id, refresh: false }),
  });
/** What agents may be given to use. */
/** What an agent remembers, newest first. */
export const memories = (agent: string) =>
  queryOptions({ queryKey: ["memories", agent], queryFn: () => run("memory.list", { agent }) });
/** What it forgot and can be brought back. */
export const forgotten = (agent: string) =>
  queryOptions({
    queryKey: ["memories", agent, "forgotten"],
    queryFn: () => run("memory.list", { agent, forgotten: true }),
  });
/** The collections of files that agents look things up in. */
export const collections = queryOptions({
  queryKey: ["knowledge"],
  queryFn: () => run("knowledge.list", {}),
});
/** A collection with the files of it that could not be read. */
export const unread = (name: string) =>
  queryOptions({ queryKey: ["knowledge", name], queryFn: () => run("knowledge.status", { name }) });
/** A place that was cited; where files change, what is read of them does too. */
export const cited = (citation: string, names: readonly string[]) =>
  queryOptions({
    queryKey: ["knowledge", "document", citation, ...names],
    queryFn: () => run("knowledge.document", { citation, names: [...names] }),
    staleTime: 0,
  });
export const houseTools = queryOptions({ queryKey: ["house-tools"], queryFn: () => run("tool.list", {}) });
export const models = queryOptions({ queryKey: ["models"], queryFn: () => run("model.list", {}) });
export const tools = (agent: string | null) =>
  queryOptions({
    queryKey: ["tools", agent],
    queryFn: () => run("connect.tools", { agent }),
    placeholderData: (before) => before,
  });
/** Attempts without a known key, which the endpoint refused. */
export const attempts = queryOptions({ queryKey: ["attempts"], queryFn: () => run("endpoint.refused", {}) });
/** The calls since a moment, newest first; only the first few. */
export const callsSince = (since: number) =>
  queryOptions({ queryKey: ["calls", "since", since], queryFn: () => run("call.list", { since, limit: 5 }) });
export const keys = queryOptions({ queryKey: ["keys"], queryFn: () => run("key.list", {}) });

const PAGE = 60;
/** Whoever scrolls on wants much of it. */
const LATER_PAGE = 200;
export const sessions = ({ of, folder }: { of: SessionsOf | null; folder: string | null }) =>
  infiniteQueryOptions({
    queryKey: ["sessions", "list", of, folder],
    queryFn: ({ pageParam }) =>
      run("session.list", {
        cursor: pageParam,
        limit: pageParam === null ? PAGE : LATER_PAGE,
        of,
        folder,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
export const folders = queryOptions({
  queryKey: ["sessions", "folders"],
  queryFn: () => run("session.folders", {}),
});
/** The bytes of something in a message; they never change. */
export const media = (message: string, part: number) =>
  queryOptions({
    queryKey: ["media", message, part],
    queryFn: () => run("session.media", { message, part }),
  });
/** The bytes of something that a tool gave in a message. */
export const givenMedia = (message: string, call: string, part: number) =>
  queryOptions({
    queryKey: ["media", message, call, part],
    queryFn: () => run("session.media", { message, call, part }),
  });
/** The answers that stand beside one. */
export const besides = (session: string, message: string, versions: readonly string[]) =>
  queryOptions({
    queryKey: ["session", session, "beside", ...versions],
    queryFn: async () => {
      const views = await run("session.beside", { session, message });
      answers.adopt(views);
      return views;
    },
  });
export const search = (query: string) =>
  queryOptions({
    queryKey: ["sessions", "search", query],
    queryFn: () => run("session.search", { query, limit: 40 }),
    enabled: query !== "",
    placeholderData: (before) => before,
  });

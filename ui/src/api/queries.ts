// What the window reads. Each key begins with its topic, so that a notice can mark it out of date.

import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { answers } from "./answers";
import { run } from "./client";
import type { UsageBy } from "./generated/types";

export const client = new QueryClient({
  defaultOptions: {
    // notices say when something changed, so nothing is read again for the sake of time or focus
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: false,
    },
    mutations: { retry: false },
  },
});

export const status = queryOptions({ queryKey: ["status"], queryFn: () => run("app.status", {}) });
export const doctor = queryOptions({
  queryKey: ["doctor"],
  queryFn: () => run("app.doctor", {}),
  staleTime: 0,
});
export const settings = queryOptions({ queryKey: ["settings"], queryFn: () => run("settings.get", {}) });
export const agents = queryOptions({ queryKey: ["agents"], queryFn: () => run("agent.list", {}) });
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
export const models = queryOptions({ queryKey: ["models"], queryFn: () => run("model.list", {}) });
export const keys = queryOptions({ queryKey: ["keys"], queryFn: () => run("key.list", {}) });

const PAGE = 60;
export const sessions = infiniteQueryOptions({
  queryKey: ["sessions", "list"],
  queryFn: ({ pageParam }) => run("session.list", { cursor: pageParam, limit: PAGE, agent: null }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});
export const search = (query: string) =>
  queryOptions({
    queryKey: ["sessions", "search", query],
    queryFn: () => run("session.search", { query, limit: 40 }),
    enabled: query !== "",
    placeholderData: (before) => before,
  });
export const session = (id: string) =>
  queryOptions({
    queryKey: ["session", id],
    queryFn: async () => {
      const view = await run("session.get", { session: id });
      answers.adopt(view.messages);
      return view;
    },
  });
export const calls = infiniteQueryOptions({
  queryKey: ["calls", "list"],
  queryFn: ({ pageParam }) => run("call.list", { cursor: pageParam, limit: PAGE, session: null }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next,
});
export const call = (id: string) =>
  queryOptions({ queryKey: ["calls", "one", id], queryFn: () => run("call.get", { call: id }) });
export const usage = (by: UsageBy, since: number | null) =>
  queryOptions({
    queryKey: ["usage", by, since],
    queryFn: () => run("usage.summary", { by, since }),
    placeholderData: (before) => before,
  });

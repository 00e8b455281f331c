// What is asked about calls and about what they used.

import { queryOptions } from "@tanstack/react-query";
import { run } from "./client";
import type { UsageBy } from "./generated/types";

/** A call in full. It can be large, so it is read again only while it runs. */
export const call = (id: string) =>
  queryOptions({
    queryKey: ["call", id],
    queryFn: () => run("call.get", { call: id }),
    refetchInterval: ({ state }) => (state.data?.outcome === null ? 500 : false),
  });

/** A call step by step. */
export const callSteps = (id: string) =>
  queryOptions({ queryKey: ["call", id, "steps"], queryFn: () => run("call.steps", { call: id }) });

/** Calls that can be set beside this one: its replays, and others of the same agent or model. */
export const similar = (id: string, agent: string | null) =>
  queryOptions({
    queryKey: ["calls", "similar", id],
    queryFn: async () => {
      const [replays, others] = await Promise.all([
        run("call.list", { replay_of: id, limit: 10 }),
        run("call.list", { agent, limit: 20 }),
      ]);
      const all = [...replays.calls, ...others.calls].filter((row) => row.id !== id);
      return all.filter((row, at) => all.findIndex((one) => one.id === row.id) === at);
    },
  });

/** Usage of a span: sums, days, speeds and failures, all from one state of the ledger. */
export const usageReport = (by: UsageBy, since: number, until: number | null) =>
  queryOptions({
    queryKey: ["usage", by, since, until],
    queryFn: () => run("usage.report", { by, since, until }),
    placeholderData: (before) => before,
  });

export const budgets = queryOptions({
  queryKey: ["usage", "budgets"],
  queryFn: () => run("budget.list", {}),
});

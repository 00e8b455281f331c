// What waits for a person's approval, and what was approved for always.

import { queryOptions } from "@tanstack/react-query";
import { run } from "./client";
import type { ApprovalView } from "./generated/types";

const oldestFirst = (one: ApprovalView, other: ApprovalView) => one.asked_at - other.asked_at;

/** What waits, the oldest first. */
export const approvals = queryOptions({
  queryKey: ["approvals"],
  queryFn: async () => (await run("approval.list", {})).sort(oldestFirst),
});

/** What servers of tools want to know, the oldest first. */
export const questions = queryOptions({
  queryKey: ["approvals", "questions"],
  queryFn: () => run("mcp.questions", {}),
});

/** What was approved for always. */
export const standing = queryOptions({
  queryKey: ["approvals", "standing"],
  queryFn: () => run("approval.standing", {}),
});

// Something has begun to wait for an approval; whoever can tell a person of it listens here.

import type { ApprovalView } from "./generated/types";

const listeners = new Set<(approval: ApprovalView) => void>();

/** Hears of what begins to wait until the returned function is called. */
export function onApprovalWanted(listener: (approval: ApprovalView) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function takeApproval(approval: ApprovalView): void {
  for (const listener of listeners) listener(approval);
}

// Whether the app answers. What is on the screen stays there while it does not, and says so.

import { useSyncExternalStore } from "react";

let lost = false;
const listeners = new Set<() => void>();

export function setLost(now: boolean): void {
  if (lost === now) return;
  lost = now;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** True while the app cannot be heard. */
export const useLost = (): boolean => useSyncExternalStore(subscribe, () => lost);

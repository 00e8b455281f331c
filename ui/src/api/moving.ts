// How far the keys are that are being moved to another vault.

import { useSyncExternalStore } from "react";

interface Moving {
  moved: number;
  of: number;
}

let now: Moving | null = null;
const listeners = new Set<() => void>();

/** `null` when a move begins: nothing is known of it yet. */
export function takeMoving(next: Moving | null): void {
  now = next;
  for (const listener of listeners) listener();
}

export const useMoving = (): Moving | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => now,
  );

// Steps of a provider's test as they come, before its report is there.

import { useSyncExternalStore } from "react";
import type { Check } from "./generated/types";

const NONE: readonly Check[] = [];
const found = new Map<string, readonly Check[]>();
const listeners = new Set<() => void>();
const told = () => {
  for (const listener of listeners) listener();
};

/** A step is done, or says something else now. */
export function takeCheck(provider: string, check: Check): void {
  const others = (found.get(provider) ?? NONE).filter((one) => one.name !== check.name);
  found.set(provider, [...others, check]);
  told();
}

/** A new test begins. */
export function forgetChecks(provider: string): void {
  found.delete(provider);
  told();
}

export const useChecks = (provider: string): readonly Check[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => found.get(provider) ?? NONE,
  );

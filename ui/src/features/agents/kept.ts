// Unsaved changes, kept by this window until they are saved or discarded: leaving a form, reloading the window or
// ending the app loses nothing. A draft that was saved is another thing: the app has it, and every window and the command
// line see it. What is kept here stands on top of it.

import { useSyncExternalStore } from "react";
import type { Agent, Grant, SavedDraft } from "@/api/generated/types";
import { recall, remember } from "@/lib/store";
import type { Fields } from "./draft";
import { fieldsOf } from "./draft";

/** The name of the agent that is not there yet. */
export const NEW = "new";

export interface Kept {
  fields: Fields;
  /** The revision that was edited. */
  base: Agent | null;
  /** The saved draft that was edited. */
  saved: SavedDraft | null;
}

const KEY = "agent-drafts";
const listeners = new Set<() => void>();
let all = read();

function read(): Readonly<Record<string, Kept>> {
  try {
    const found: unknown = JSON.parse(recall(KEY) ?? "{}");
    if (typeof found !== "object" || found === null) return {};
    const whole = Object.entries(found as Record<string, Kept>).map(
      ([id, { fields, base, saved = null }]) => {
        // kept by an older version: fields that it did not know are empty, and tools had no rules
        const tools = fields.tools?.map((one: Grant | string) =>
          typeof one === "string" ? { tool: one, rule: null } : one,
        );
        const whole = { ...fieldsOf(saved?.draft ?? base), ...fields, ...(tools && { tools }) };
        return [id, { fields: whole, base, saved }] as const;
      },
    );
    return Object.fromEntries(whole);
  } catch {
    return {};
  }
}

export const keptOf = (id: string): Kept | null => all[id] ?? null;

/** Keeps what was typed, or forgets it. */
export function keep(id: string, kept: Kept | null): void {
  if (kept === null && all[id] === undefined) return;
  const { [id]: _, ...others } = all;
  all = kept === null ? others : { ...others, [id]: kept };
  remember(KEY, Object.keys(all).length === 0 ? null : JSON.stringify(all));
  for (const listener of listeners) listener();
}

/** The agents whose forms hold something unsaved. */
export function useKept(): Readonly<Record<string, Kept>> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => all,
  );
}

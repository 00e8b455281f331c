// Which entries of the palette are shown, and in what order.

import fuzzysort from "fuzzysort";
import { recall, remember } from "@/lib/store";
import { type Entry, GROUPS } from "./entries";
import { t } from "./words";

const RECENT = "palette";
/** How many of the last choices stand on top. */
const REMEMBERED = 4;
/** Below it a match is a coincidence of letters. */
const LEAST = 0.25;

const recent = (): string[] => (recall(RECENT) ?? "").split(" ").filter(Boolean);

/** Remembers a choice. */
export function chose(entry: Entry): void {
  if (entry.group === "sessions") return;
  const ids = [entry.id, ...recent().filter((id) => id !== entry.id)];
  remember(RECENT, ids.slice(0, REMEMBERED).join(" "));
}

/** With nothing typed: the last choices, then everything by its group. Else the best matches first. */
export function ranked(query: string, fixed: readonly Entry[], found: readonly Entry[]): Entry[] {
  if (query.trim() === "") {
    const ids = recent();
    const last = ids
      .map((id) => fixed.find((entry) => entry.id === id))
      .filter((entry) => entry !== undefined)
      .map((entry): Entry => ({ ...entry, group: "recent" }));
    const rest = fixed.filter((entry) => !entry.quiet && !ids.includes(entry.id));
    return [...last, ...rest.sort((one, other) => GROUPS.indexOf(one.group) - GROUPS.indexOf(other.group))];
  }
  const named = fixed.map((entry) => ({
    entry,
    text: `${t(`palette.groups.${entry.group}`)} ${entry.label} ${entry.hint ?? ""}`,
    label: entry.label,
  }));
  const matches = fuzzysort.go(query, named, {
    keys: ["label", "text"],
    threshold: LEAST,
    limit: 12,
  });
  return [...matches.map((match) => match.obj.entry), ...found];
}

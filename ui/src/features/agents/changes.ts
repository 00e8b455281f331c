// What differs between two revisions, in the words of the form.

import { diffLines } from "diff";
import type { AgentDraft } from "@/api/generated/types";
import { type Fields, fieldsOf } from "./draft";
import { toolName } from "./tools";
import { t } from "./words";

export interface Change {
  what: string;
  before: string;
  after: string;
}

export interface Line {
  kind: "same" | "gone" | "new";
  text: string;
}

export interface Changes {
  fields: Change[];
  /** The instructions line by line; empty when they did not change. */
  instructions: Line[];
}

const GROUPS = {
  params: (key: string) => t(`params.${key}.label` as "params.temperature.label"),
  budgets: (key: string) => t("budgetPer", { period: t(`periods.${key}` as "periods.day") }),
  rates: (key: string) => t(`rate.${key}` as "rate.rpm"),
  timeouts: (key: string) => t(`timeout.${key}` as "timeout.idle_s"),
  run: (key: string) => t(`run.${key}` as "run.turns"),
} as const;

const TEXTS = {
  name: () => t("name"),
  slug: () => t("slug"),
  description: () => t("description"),
  target: () => t("target"),
  instructionsMerge: () => t("instructionsMerge"),
  toolsMerge: () => t("toolsMerge"),
  cache: () => t("cache"),
} as const;

/** Every setting of the form as one line of text. */
function lines(fields: Fields): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, label] of Object.entries(TEXTS)) all.set(label(), fields[key as keyof typeof TEXTS]);
  all.set(t("icon.title"), [fields.icon.glyph ?? t("icon.initial"), fields.icon.colour].join(", "));
  all.set(t("fallbacks"), fields.fallbacks.join(", "));
  for (const [group, label] of Object.entries(GROUPS)) {
    for (const [key, value] of Object.entries(fields[group as keyof typeof GROUPS]))
      all.set(label(key), value);
  }
  all.set(t("locked"), fields.locked.join(", "));
  all.set(t("parts.memory"), t(`memoryMode.${fields.memory.mode}`));
  all.set(t("compaction"), t(`compactionMode.${fields.compaction.mode}`));
  all.set(t("parts.knowledge"), fields.knowledge.join(", "));
  all.set(t("toolFirst"), fields.toolFirst ? t("yes") : "");
  for (const { path, write } of fields.folders)
    all.set(t("folderAt", { path }), t(write ? "folderWrite" : "folderRead"));
  for (const { tool, rule } of fields.tools) all.set(toolName(tool), t(`rules.${rule ?? "usual"}`));
  return all;
}

export function changesOf(before: AgentDraft, after: AgentDraft): Changes {
  const old = lines(fieldsOf(before));
  const fields: Change[] = [];
  for (const [what, value] of lines(fieldsOf(after))) {
    const was = old.get(what) ?? "";
    if (was !== value) fields.push({ what, before: was, after: value });
  }
  const instructions =
    before.instructions === after.instructions
      ? []
      : // a last line is a line like any other
        diffLines(`${before.instructions}\n`, `${after.instructions}\n`).flatMap((part): Line[] =>
          part.value
            .replace(/\n$/, "")
            .split("\n")
            .map((text) => ({ kind: part.added ? "new" : part.removed ? "gone" : "same", text })),
        );
  return { fields, instructions: around(instructions) };
}

/** Changed lines with one line of what stands around them. */
function around(all: Line[]): Line[] {
  const near = (at: number) => [at - 1, at, at + 1].some((one) => all[one] && all[one].kind !== "same");
  return all.filter((_, at) => near(at));
}

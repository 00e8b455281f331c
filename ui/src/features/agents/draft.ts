// The form's fields as text, and the way from and to an agent's draft.

import type { Agent, AgentDraft, BudgetPeriod } from "@/api/generated/types";
import { EMPTY_AGENT, NO_PARAMS, NO_RATES, NO_TIMEOUTS } from "@/lib/drafts";
import { money, parseDollars } from "@/lib/format";
import { isSlug } from "@/lib/slug";
import { t } from "./words";

export interface Fields {
  slug: string;
  name: string;
  instructions: string;
  target: string;
  fallbacks: string;
  temperature: string;
  topP: string;
  maxOutput: string;
  effort: string;
  locked: ReadonlySet<string>;
  instructionsMerge: AgentDraft["instructions_merge"];
  toolsMerge: AgentDraft["tools_merge"];
  cap: string;
  per: BudgetPeriod;
}

const text = (n: number | null | undefined) => (n === null || n === undefined ? "" : String(n));

export function fieldsOf(agent: AgentDraft | null): Fields {
  const draft = agent ?? EMPTY_AGENT;
  return {
    slug: draft.slug,
    name: draft.name,
    instructions: draft.instructions,
    target: draft.target,
    fallbacks: draft.fallbacks.join("\n"),
    temperature: text(draft.params.temperature),
    topP: text(draft.params.top_p),
    maxOutput: text(draft.params.max_output_tokens),
    effort: draft.params.reasoning_effort ?? "",
    locked: new Set(draft.locked),
    instructionsMerge: draft.instructions_merge,
    toolsMerge: draft.tools_merge,
    cap: draft.budget === null ? "" : money(draft.budget.cap).replace("$", "").replaceAll(",", ""),
    per: draft.budget?.per ?? "month",
  };
}

export type Faults = Partial<Record<keyof Fields, string>>;

function number(value: string, low: number, high: number, whole = false): number | null | "bad" {
  if (value.trim() === "") return null;
  const n = Number(value);
  return Number.isFinite(n) && n >= low && n <= high && (!whole || Number.isInteger(n)) ? n : "bad";
}

/** The draft that the fields say, or what is wrong with them. What the form does not show is kept. */
export function draftOf(fields: Fields, base: Agent | null): { draft: AgentDraft } | { faults: Faults } {
  const faults: Faults = {};
  const temperature = number(fields.temperature, 0, 2);
  const topP = number(fields.topP, 0, 1);
  const maxOutput = number(fields.maxOutput, 1, 10_000_000, true);
  const cap = fields.cap.trim() === "" ? null : parseDollars(fields.cap);
  const fallbacks = fields.fallbacks
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const isTarget = (value: string) => /^[a-z0-9-]+\/.+$/.test(value);
  if (fields.name.trim() === "") faults.name = "A name is needed.";
  if (!isSlug(fields.slug)) faults.slug = t("slugBad");
  if (!isTarget(fields.target.trim())) faults.target = t("targetHint");
  if (!fallbacks.every(isTarget)) faults.fallbacks = t("targetHint");
  if (temperature === "bad") faults.temperature = "A number from 0 to 2.";
  if (topP === "bad") faults.topP = "A number from 0 to 1.";
  if (maxOutput === "bad") faults.maxOutput = "A whole number from 1.";
  if (fields.cap.trim() !== "" && cap === null) faults.cap = "An amount such as 2.50.";
  if (Object.keys(faults).length > 0 || temperature === "bad" || topP === "bad" || maxOutput === "bad")
    return { faults };
  return {
    draft: {
      slug: fields.slug,
      name: fields.name.trim(),
      instructions: fields.instructions,
      target: fields.target.trim(),
      fallbacks,
      params: {
        ...NO_PARAMS,
        ...base?.params,
        temperature,
        top_p: topP,
        max_output_tokens: maxOutput,
        reasoning_effort: fields.effort === "" ? null : fields.effort,
      },
      locked: [...fields.locked],
      instructions_merge: fields.instructionsMerge,
      tools_merge: fields.toolsMerge,
      cache: base?.cache ?? "off",
      budget: cap === null ? null : { cap, per: fields.per },
      limits: base?.limits ?? NO_RATES,
      timeouts: base?.timeouts ?? NO_TIMEOUTS,
    },
  };
}

// The form's fields as text, and the way from and to an agent's draft. Fields are plain data: what was typed is kept
// as it stands until it is saved.

import type {
  AgentDraft,
  AgentFolder,
  BudgetPeriod,
  Compaction,
  Grant,
  Icon,
  MemoryRules,
  Params,
  Rates,
  RunLimits,
  Timeouts,
} from "@/api/generated/types";
import { EMPTY_AGENT, NO_PARAMS } from "@/lib/drafts";
import { parseDollars, typedDollars } from "@/lib/format";
import { isSlug } from "@/lib/slug";
import { fromText, KINDS, type ParamName, toText } from "./params";
import { t } from "./words";

export const PERIODS: readonly BudgetPeriod[] = ["day", "week", "month", "total"];
export const RATES: ReadonlyArray<keyof Rates> = ["rpm", "rph", "rpd", "tpm", "concurrency"];
export const RUN: ReadonlyArray<keyof RunLimits> = ["turns", "seconds"];
export const TIMEOUTS: ReadonlyArray<keyof Timeouts> = ["first_token_s", "idle_s", "overall_s"];
const PARAM_NAMES = Object.keys(KINDS) as ParamName[];

export interface Fields {
  slug: string;
  name: string;
  /** What it is for, as programs show it to their models that have it as a tool. */
  description: string;
  icon: Icon;
  instructions: string;
  target: string;
  fallbacks: string[];
  params: Record<ParamName, string>;
  locked: string[];
  instructionsMerge: AgentDraft["instructions_merge"];
  toolsMerge: AgentDraft["tools_merge"];
  cache: AgentDraft["cache"];
  budgets: Record<BudgetPeriod, string>;
  rates: Record<keyof Rates, string>;
  timeouts: Record<keyof Timeouts, string>;
  /** The tools that it was given, in the order of the list. */
  tools: Grant[];
  /** Whether each answer begins with one of them. */
  toolFirst: boolean;
  /** Where its tools for files may go. */
  folders: AgentFolder[];
  /** Collections that it looks things up in. */
  knowledge: readonly string[];
  memory: MemoryRules;
  compaction: Compaction;
  run: Record<keyof RunLimits, string>;
}

/** What is wrong, by field; parts of a field are named `params.temperature`. */
export type Faults = Readonly<Record<string, string>>;

export type SetField = <K extends keyof Fields>(key: K, value: Fields[K]) => void;

const record = <K extends string>(keys: readonly K[], value: (key: K) => string) =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, string>;

const count = (n: number | null) => (n === null ? "" : String(n));

export function fieldsOf(agent: AgentDraft | null): Fields {
  // kept by an older version, it may lack what that did not know
  const draft = { ...EMPTY_AGENT, ...agent };
  return {
    slug: draft.slug,
    name: draft.name,
    description: draft.description ?? "",
    icon: draft.icon ?? { glyph: null, colour: "ink" },
    instructions: draft.instructions,
    target: draft.target,
    fallbacks: [...draft.fallbacks],
    params: record(PARAM_NAMES, (name) => toText(draft.params[name])),
    locked: [...draft.locked].sort(),
    instructionsMerge: draft.instructions_merge,
    toolsMerge: draft.tools_merge,
    cache: draft.cache,
    budgets: record(PERIODS, (per) => {
      const budget = draft.budgets.find((one) => one.per === per);
      return budget === undefined ? "" : typedDollars(budget.cap);
    }),
    rates: record(RATES, (rate) => count(draft.limits[rate])),
    timeouts: record(TIMEOUTS, (limit) => count(draft.timeouts[limit])),
    tools: draft.tools.map(({ tool, rule }) => ({ tool, rule })),
    toolFirst: draft.tool_first,
    folders: draft.folders.map(({ path, write }) => ({ path, write })),
    knowledge: [...draft.knowledge],
    memory: { ...draft.memory },
    compaction: { mode: "sessions", threshold: null, ...draft.compaction },
    run: record(RUN, (limit) => count(draft.run[limit] ?? null)),
  };
}

/** Whether two forms say the same; a picture that is absent and one that is null are one. */
export const same = (one: Fields, other: Fields): boolean => plain(one) === plain(other);

function plain(fields: Fields): string {
  const { glyph, colour } = fields.icon;
  return JSON.stringify({ ...fieldsOf(null), ...fields, icon: [glyph ?? null, colour] });
}

/** A path from the root of a disk. */
const isWhole = (path: string) => /^(\/|[A-Za-z]:[\\/])./.test(path) && !/(^|[\\/])\.\.([\\/]|$)/.test(path);

const isTarget = (value: string) => /^[a-z0-9-]+\/.+$/.test(value);

/** The draft that the fields say, or what is wrong with them. */
export function draftOf(fields: Fields): { draft: AgentDraft } | { faults: Faults } {
  const faults: Record<string, string> = {};
  const target = fields.target.trim();
  const fallbacks = fields.fallbacks.map((line) => line.trim()).filter(Boolean);
  if (fields.name.trim() === "") faults.name = t("faults.name");
  if (!isSlug(fields.slug)) faults.slug = t("slugBad");
  if (!isTarget(target)) faults.target = t("faults.target");
  fields.fallbacks.forEach((fallback, at) => {
    if (fallback.trim() !== "" && !isTarget(fallback.trim())) faults[`fallbacks.${at}`] = t("faults.target");
  });
  const folders = fields.folders
    .map((one) => ({ ...one, path: one.path.trim() }))
    .filter((one) => one.path !== "");
  fields.folders.forEach(({ path }, at) => {
    if (path.trim() !== "" && !isWhole(path.trim())) faults[`folders.${at}`] = t("faults.folder");
  });
  const params: Record<string, unknown> = { ...NO_PARAMS };
  for (const name of PARAM_NAMES) {
    const kind = KINDS[name];
    const value = fromText(kind, fields.params[name]);
    if (value !== undefined) params[name] = value;
    else if (kind.as === "number") {
      const range = { low: kind.low, high: kind.high };
      faults[`params.${name}`] = t(
        name === "seed" ? "faults.whole" : kind.whole ? "faults.wholeRange" : "faults.range",
        range,
      );
    } else faults[`params.${name}`] = t("faults.lines");
  }
  const whole = (group: "rates" | "timeouts" | "run", key: string, text: string): number | null => {
    if (text.trim() === "") return null;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= 4_000_000_000) return value;
    faults[`${group}.${key}`] = t("faults.count");
    return null;
  };
  const budgets = PERIODS.flatMap((per) => {
    const said = fields.budgets[per].trim();
    if (said === "") return [];
    const cap = parseDollars(said);
    if (cap === null) {
      faults[`budgets.${per}`] = t("faults.amount");
      return [];
    }
    return [{ cap, per }];
  });
  const limits = Object.fromEntries(RATES.map((key) => [key, whole("rates", key, fields.rates[key])]));
  const timeouts = Object.fromEntries(
    TIMEOUTS.map((key) => [key, whole("timeouts", key, fields.timeouts[key])]),
  );
  const run = Object.fromEntries(RUN.map((key) => [key, whole("run", key, fields.run[key])]));
  if (Object.keys(faults).length > 0) return { faults };
  return {
    draft: {
      slug: fields.slug,
      name: fields.name.trim(),
      description: fields.description.trim(),
      icon: fields.icon,
      instructions: fields.instructions,
      target,
      fallbacks,
      params: params as unknown as Params,
      locked: fields.locked,
      instructions_merge: fields.instructionsMerge,
      tools_merge: fields.toolsMerge,
      cache: fields.cache,
      budgets,
      limits: limits as unknown as Rates,
      timeouts: timeouts as unknown as Timeouts,
      tools: fields.tools,
      tool_first: fields.toolFirst,
      folders,
      knowledge: [...fields.knowledge],
      memory: fields.memory,
      compaction: fields.compaction,
      run: run as unknown as RunLimits,
    },
  };
}

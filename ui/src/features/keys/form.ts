// A key's form: texts as they are typed, what is wrong with them, and the command they become.

import type {
  BudgetPeriod,
  ClientKeyView,
  NewClientKey,
  Rates,
  StorePolicy,
  ToolCap,
  UpdateClientKey,
} from "@/api/generated/types";
import { parseDollars, typedDollars } from "@/lib/format";

/** An item of a list that is edited; the number is its identity. */
interface Item {
  at: number;
}

export interface KeyForm {
  name: string;
  icon: string;
  agents: string[];
  budgets: ReadonlyArray<Item & { cap: string; per: BudgetPeriod }>;
  /** Seconds from now; empty: never; `keep`: as it is. */
  expires: string;
  rates: Record<keyof Rates, string>;
  session: string;
  defaultAgent: string;
  catchAll: string;
  raw: boolean;
  aliases: ReadonlyArray<Item & { model: string; agent: string }>;
  origins: string;
  noTools: boolean;
  /** What agents may do with a tool at most, where that is less than for others. */
  caps: readonly ToolCap[];
  store: StorePolicy;
}

export const RATES = ["rpm", "rph", "rpd", "tpm", "concurrency"] as const satisfies ReadonlyArray<
  keyof Rates
>;
export const PERIODS: readonly BudgetPeriod[] = ["day", "week", "month", "total"];

const whole = (text: string): number | null => (/^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : null);
const isWhole = (text: string) => text.trim() === "" || whole(text) !== null;
const lines = (text: string) =>
  text
    .split(/\s+/)
    .map((line) => line.trim())
    .filter(Boolean);
const ORIGIN = /^(https?|app|tauri|vscode-webview):\/\/[^\s/?#]+$/;

export const NEW_FORM: KeyForm = {
  name: "",
  icon: "",
  agents: [],
  budgets: [],
  expires: "",
  rates: { rpm: "", rph: "", rpd: "", tpm: "", concurrency: "" },
  session: "",
  defaultAgent: "",
  catchAll: "",
  raw: false,
  aliases: [],
  origins: "",
  noTools: false,
  caps: [],
  store: "all",
};

/** The form of a key that is there. */
export function formOf(key: ClientKeyView): KeyForm {
  const text = (limit: number | null) => (limit === null ? "" : String(limit));
  return {
    name: key.name,
    icon: key.icon ?? "",
    agents: key.agent_slugs,
    budgets: key.budgets.map(({ cap, per }, at) => ({ at, cap: typedDollars(cap), per })),
    expires: key.expires_at === null ? "" : "keep",
    rates: {
      rpm: text(key.rpm),
      rph: text(key.rph),
      rpd: text(key.rpd),
      tpm: text(key.tpm),
      concurrency: text(key.concurrency),
    },
    session: key.session_budget === null ? "" : typedDollars(key.session_budget),
    defaultAgent: key.default_agent ?? "",
    catchAll: key.catch_all ?? "",
    raw: key.raw_models,
    aliases: key.aliases.map(([model, agent], at) => ({ at, model, agent })),
    origins: key.origins.join("\n"),
    noTools: key.no_tools,
    caps: key.tool_caps,
    store: key.store,
  };
}

export type Fault = "name" | "amount" | "twice" | "whole" | "alias" | "origin";

/** What is wrong, by field. */
export function faultsOf(form: KeyForm): ReadonlyMap<string, Fault> {
  const faults = new Map<string, Fault>();
  if (form.name.trim() === "") faults.set("name", "name");
  for (const budget of form.budgets) {
    if (parseDollars(budget.cap) === null) faults.set(`budget-${budget.at}`, "amount");
    else if (form.budgets.some((other) => other.at < budget.at && other.per === budget.per))
      faults.set(`budget-${budget.at}`, "twice");
  }
  for (const rate of RATES) if (!isWhole(form.rates[rate])) faults.set(rate, "whole");
  if (form.session.trim() !== "" && parseDollars(form.session) === null) faults.set("session", "amount");
  for (const alias of form.aliases)
    if (alias.model.trim() === "" || alias.agent === "") faults.set(`alias-${alias.at}`, "alias");
  if (lines(form.origins).some((line) => !ORIGIN.test(line))) faults.set("origins", "origin");
  return faults;
}

const shared = (form: KeyForm) => ({
  name: form.name.trim(),
  agents: form.agents,
  budgets: form.budgets.map(({ cap, per }) => ({ cap: parseDollars(cap) ?? 0, per })),
  aliases: form.aliases.map(({ model, agent }): [string, string] => [model.trim(), agent]),
  origins: lines(form.origins),
  raw_models: form.raw,
  no_tools: form.noTools,
  tool_caps: [...form.caps],
  store: form.store,
});

const orNull = (text: string) => (text.trim() === "" ? null : text.trim());

/** The command that makes the key. */
export function creating(form: KeyForm): NewClientKey {
  return {
    ...shared(form),
    icon: orNull(form.icon),
    default_agent: orNull(form.defaultAgent),
    catch_all: orNull(form.catchAll),
    session_budget: parseDollars(form.session),
    rpm: whole(form.rates.rpm),
    rph: whole(form.rates.rph),
    rpd: whole(form.rates.rpd),
    tpm: whole(form.rates.tpm),
    concurrency: whole(form.rates.concurrency),
    expires_in: form.expires === "" ? null : Number(form.expires),
  };
}

/** The command that changes it: what is empty is taken away. */
export function changing(key: string, form: KeyForm): UpdateClientKey {
  return {
    ...shared(form),
    key,
    icon: form.icon.trim(),
    default_agent: form.defaultAgent,
    catch_all: form.catchAll,
    session_budget: parseDollars(form.session) ?? -1,
    rpm: whole(form.rates.rpm) ?? 0,
    rph: whole(form.rates.rph) ?? 0,
    rpd: whole(form.rates.rpd) ?? 0,
    tpm: whole(form.rates.tpm) ?? 0,
    concurrency: whole(form.rates.concurrency) ?? 0,
    expires_in: form.expires === "keep" ? null : form.expires === "" ? 0 : Number(form.expires),
  };
}

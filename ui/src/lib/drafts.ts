import type { AgentDraft, NewClientKey, Params, Rates, Timeouts } from "@/api/generated/types";

/** Nothing said: the provider decides. */
export const NO_PARAMS: Params = {
  temperature: null,
  top_p: null,
  max_output_tokens: null,
  stop: [],
  seed: null,
  n: null,
  presence_penalty: null,
  frequency_penalty: null,
  logprobs: null,
  top_logprobs: null,
  parallel_tool_calls: null,
  reasoning_effort: null,
  reasoning_tokens: null,
  top_k: null,
};

/** The usual limits hold. */
export const NO_TIMEOUTS: Timeouts = { first_token_s: null, idle_s: null, overall_s: null };

/** As often as anybody likes. */
export const NO_RATES: Rates = { rpm: null, rph: null, rpd: null, tpm: null, concurrency: null };

export const EMPTY_AGENT: AgentDraft = {
  slug: "",
  name: "",
  icon: { glyph: null, colour: "ink" },
  instructions: "",
  target: "",
  fallbacks: [],
  params: NO_PARAMS,
  locked: [],
  instructions_merge: "append",
  tools_merge: "merge",
  cache: "off",
  budgets: [],
  limits: NO_RATES,
  timeouts: NO_TIMEOUTS,
  tools: [],
  tool_first: false,
  folders: [],
  knowledge: [],
  memory: { mode: "off", recall: null },
  compaction: { mode: "sessions", threshold: null },
  run: { turns: null, seconds: null },
};

/** A key without limits, for all agents. */
export const NEW_KEY: NewClientKey = {
  name: "",
  icon: null,
  agents: [],
  raw_models: false,
  default_agent: null,
  catch_all: null,
  aliases: [],
  origins: [],
  budgets: [],
  session_budget: null,
  ...NO_RATES,
  expires_in: null,
  no_tools: false,
  tool_caps: [],
  store: "all",
};

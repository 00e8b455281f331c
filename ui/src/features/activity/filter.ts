// Which calls are shown. It lies in the address, so that going back, a reload and a link show the same calls.

import type { Args } from "@/api/client";
import type { CallOutcome } from "@/api/generated/types";

export const OUTCOMES = ["running", "succeeded", "failed", "cancelled", "interrupted"] as const;

/** The routes by which calls come, as the app writes them down. */
export const ROUTES = [
  "POST /v1/chat/completions",
  "POST /v1/responses",
  "POST /v1/messages",
  "POST /v1/completions",
  "POST /v1/embeddings",
  "POST /api/chat",
  "POST /api/generate",
  "POST /v2/chats/openai",
  "window",
  "command line",
  "replay",
] as const;

export interface Filter {
  /** `window`, `command_line`, or a client key's id. */
  client?: string;
  /** An agent's id. */
  agent?: string;
  /** A provider, or `provider/model`. */
  target?: string;
  outcome?: CallOutcome;
  route?: string;
  /** A part of a call's or a session's id. */
  id?: string;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** The filter of an address; whatever else stands there is left out. */
export function filterOf(search: Record<string, unknown>): Filter {
  return {
    client: text(search.client),
    agent: text(search.agent),
    target: text(search.target),
    outcome: OUTCOMES.find((one) => one === search.outcome),
    route: text(search.route),
    id: text(search.id),
  };
}

export const isEmpty = (filter: Filter): boolean =>
  Object.values(filter).every((value) => value === undefined);

let last: Filter = {};

/** The filter that the list was left with. */
export const lastFilter = (): Filter => last;
export const leaveWith = (filter: Filter): void => {
  last = filter;
};

/** The filter as the app is asked. */
export function asked(filter: Filter): Args<"call.list"> {
  const { client, agent, target, outcome, route, id } = filter;
  const from = client === "window" || client === "command_line" ? client : undefined;
  return {
    agent,
    target,
    outcome,
    route,
    from,
    key: from ? undefined : client,
    text: id?.trim() || undefined,
  };
}

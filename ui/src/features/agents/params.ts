// The parameters of the domain as fields of a form: their kinds, their ranges, and which are shown at first.

import type { Params } from "@/api/generated/types";

export type ParamName = keyof Params;

export type ParamKind =
  | { as: "number"; low: number; high: number; whole?: true }
  | { as: "choice"; of: readonly string[] }
  | { as: "switch" }
  | { as: "lines"; most: number };

const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const MANY = 10_000_000;

export const KINDS: Record<ParamName, ParamKind> = {
  temperature: { as: "number", low: 0, high: 2 },
  top_p: { as: "number", low: 0, high: 1 },
  max_output_tokens: { as: "number", low: 1, high: MANY, whole: true },
  reasoning_effort: { as: "choice", of: EFFORTS },
  reasoning_tokens: { as: "number", low: 0, high: MANY, whole: true },
  stop: { as: "lines", most: 4 },
  seed: { as: "number", low: -MANY * MANY, high: MANY * MANY, whole: true },
  top_k: { as: "number", low: 1, high: 100_000, whole: true },
  presence_penalty: { as: "number", low: -2, high: 2 },
  frequency_penalty: { as: "number", low: -2, high: 2 },
  parallel_tool_calls: { as: "switch" },
  n: { as: "number", low: 1, high: 128, whole: true },
  logprobs: { as: "switch" },
  top_logprobs: { as: "number", low: 0, high: 20, whole: true },
};

export const USUAL: readonly ParamName[] = ["temperature", "top_p", "max_output_tokens", "reasoning_effort"];
export const RARE = (Object.keys(KINDS) as ParamName[]).filter((name) => !USUAL.includes(name));

/** A parameter as the form's text. */
export function toText(value: Params[ParamName]): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join("\n") : String(value);
}

/** The parameter that a text says; `undefined` when it says none. */
export function fromText(kind: ParamKind, text: string): Params[ParamName] | undefined {
  const said = text.trim();
  switch (kind.as) {
    case "number": {
      if (said === "") return null;
      const value = Number(said.replace(",", "."));
      const fits = Number.isFinite(value) && value >= kind.low && value <= kind.high;
      return fits && (!kind.whole || Number.isSafeInteger(value)) ? value : undefined;
    }
    case "choice":
      return said === "" ? null : said;
    case "switch":
      return said === "" ? null : said === "true";
    case "lines": {
      const lines = text.split("\n").filter((line) => line !== "");
      return lines.length <= kind.most ? lines : undefined;
    }
  }
}

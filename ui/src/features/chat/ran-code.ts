import type { Part } from "@/api/generated/types";

/** Code that the agent's interpreter is given, and the data beside it. */
export interface RanCode {
  readonly code: string;
  /** JSON as people read it. */
  readonly input: string | null;
}

/** What a call gives the interpreter, where it is a call of it; else `null`, and the arguments are shown as they are. */
export function ranCode(
  call: Pick<Extract<Part, { type: "tool_call" }>, "name" | "arguments">,
): RanCode | null {
  // an agent's tool has another name where a caller has one of the same
  if (call.name !== "run_code" && call.name !== "agent_run_code") return null;
  try {
    const { code, input, ...rest } = JSON.parse(call.arguments) as Record<string, unknown>;
    if (typeof code !== "string" || Object.keys(rest).length > 0) return null;
    return { code, input: input === undefined ? null : JSON.stringify(input, null, 2) };
  } catch {
    return null;
  }
}

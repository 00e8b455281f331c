import { createContext, useContext } from "react";
import type { MessageView, Part } from "@/api/generated/types";

/** A tool's answer, and when it came. */
export interface ToolAnswer {
  readonly result: Extract<Part, { type: "tool_result" }>;
  readonly message: string;
  readonly at: number;
}

/** The answers on the branch that is shown, by the call they answer. */
export type ToolAnswers = ReadonlyMap<string, ToolAnswer>;

const Context = createContext<ToolAnswers>(new Map());
export const ToolAnswersOf = Context.Provider;
export const useToolAnswer = (call: string): ToolAnswer | undefined => useContext(Context).get(call);

/** Gathers the answers of tools; and the messages that hold nothing else, whose calls show them. */
export function toolAnswers(messages: readonly MessageView[]): {
  answers: ToolAnswers;
  shown: ReadonlySet<string>;
} {
  const calls = new Set<string>();
  const answers = new Map<string, ToolAnswer>();
  const shown = new Set<string>();
  for (const message of messages) {
    for (const part of message.message.parts) {
      if (part.type === "tool_call") calls.add(part.id);
      if (part.type === "tool_result" && calls.has(part.call_id) && !answers.has(part.call_id)) {
        answers.set(part.call_id, { result: part, message: message.id, at: message.created_at });
      }
    }
    const parts = message.message.parts;
    const all =
      parts.length > 0 && parts.every((part) => part.type === "tool_result" && answers.has(part.call_id));
    if (all) shown.add(message.id);
  }
  return { answers, shown };
}

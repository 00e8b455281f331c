// What a person fills in, and the answer that comes of it.

import type { McpField } from "@/api/generated/types";

/** By name, as it stands in the form; several choices are lines. */
export type Filled = Record<string, string>;

/** What stands there first. */
export function initially(fields: McpField[]): Filled {
  return Object.fromEntries(
    fields.map(({ name, kind }) => {
      const { initially: first } = kind;
      return [name, Array.isArray(first) ? first.join("\n") : first === null ? "" : String(first)];
    }),
  );
}

/** What is empty is not said. */
export function answerOf(fields: McpField[], filled: Filled): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, kind } of fields) {
    const text = filled[name] ?? "";
    if (text === "") continue;
    if (kind.kind === "number") values[name] = Number(text);
    else if (kind.kind === "yes_no") values[name] = text === "true";
    else if (kind.kind === "choices") values[name] = text.split("\n");
    else values[name] = text;
  }
  return values;
}

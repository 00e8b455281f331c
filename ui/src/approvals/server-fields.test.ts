import { expect, test } from "vitest";
import type { McpField } from "@/api/generated/types";
import { answerOf, initially } from "./server-fields";

const field = (name: string, kind: McpField["kind"]): McpField => ({
  name,
  title: null,
  description: null,
  required: false,
  like_a_secret: false,
  kind,
});

const options = ["a", "b"].map((value) => ({ value, title: value.toUpperCase() }));
const FIELDS = [
  field("name", { kind: "text", format: null, least: null, most: null, initially: "Ada" }),
  field("age", { kind: "number", whole: true, minimum: null, maximum: null, initially: 0 }),
  field("sure", { kind: "yes_no", initially: false }),
  field("one", { kind: "choice", options, initially: null }),
  field("some", { kind: "choices", options, least: null, most: null, initially: ["a", "b"] }),
];

test("what stands there first is the answer when nothing is changed", () => {
  const filled = initially(FIELDS);
  expect(filled).toEqual({ name: "Ada", age: "0", sure: "false", one: "", some: "a\nb" });
  expect(answerOf(FIELDS, filled)).toEqual({ name: "Ada", age: 0, sure: false, some: ["a", "b"] });
});

test("what is empty is not said", () => {
  expect(answerOf(FIELDS, {})).toEqual({});
});

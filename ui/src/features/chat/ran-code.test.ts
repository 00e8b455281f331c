import { describe, expect, it } from "vitest";
import { ranCode } from "./ran-code";

const call = (given: unknown, name = "run_code") => ({
  name,
  arguments: typeof given === "string" ? given : JSON.stringify(given),
});

describe("code that the interpreter is given", () => {
  it("is taken out of its JSON, with its lines", () => {
    expect(ranCode(call({ code: "let a = 1;\na" }))).toEqual({ code: "let a = 1;\na", input: null });
    expect(ranCode(call({ code: "input", input: [1] }, "agent_run_code"))).toEqual({
      code: "input",
      input: "[\n  1\n]",
    });
    expect(ranCode(call({ code: "input", input: null }))?.input).toBe("null");
  });

  it("is left as it is where something else is with it, or where it is none", () => {
    expect(ranCode(call({ code: 5 }))).toBeNull();
    expect(ranCode(call({ code: "1", hidden: true }))).toBeNull();
    expect(ranCode(call('{"code": "1'))).toBeNull();
    expect(ranCode(call("null"))).toBeNull();
    expect(ranCode(call({ code: "1" }, "run_command"))).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { mathsOf } from "./maths";

describe("formulas", () => {
  it("stand between two dollar signs, however they were written", () => {
    expect(mathsOf("a \\(x^2\\) b")).toBe("a $$x^2$$ b");
    expect(mathsOf("a $x^2$ b")).toBe("a $$x^2$$ b");
    expect(mathsOf("so $$x$$.")).toBe("so $$x$$.");
    expect(mathsOf("so\n\\[\nx = y\n\\]\n")).toBe("so\n$$\nx = y\n$$\n");
    expect(mathsOf("$$x$$")).toBe("$$\nx\n$$");
    expect(mathsOf("- one\n  \\[ x \\]")).toBe("- one\n  $$\n  x\n  $$");
  });

  it("are not money", () => {
    for (const text of ["$5 and $10", "$5/$10", "costs $5, not $ 6 $", "US$5 or A$7", "\\$x$", "$"]) {
      expect(mathsOf(text)).toBe(text);
    }
  });

  it("are not code", () => {
    for (const text of ["`$x$`", "``a ` $x$``", "```sh\necho $A$\n```", "```\n\\(x\\)\n```\n", "~~~\n$x$"]) {
      expect(mathsOf(text)).toBe(text);
    }
    expect(mathsOf("`a` $x$ `b`")).toBe("`a` $$x$$ `b`");
  });

  it("stay as they are while they are not closed", () => {
    for (const text of ["\\(x", "\\[x\ny", "$x", "a\\b"]) expect(mathsOf(text)).toBe(text);
  });

  it("take no longer than their text is long", () => {
    const from = performance.now();
    mathsOf("$a ".repeat(20_000));
    mathsOf("`".repeat(3_000));
    expect(performance.now() - from).toBeLessThan(2000);
  });
});

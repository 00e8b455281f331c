import { expect, it } from "vitest";
import { titleOf } from "./title";

it("a session is called by its words, or by when its only call came", () => {
  expect(titleOf("Which builds failed?")).toBe("Which builds failed?");
  expect(titleOf("")).toBe("Untitled");
  expect(titleOf("api:1795358100123")).toMatch(/^Call of 22 Nov 2026, \d\d:\d\d$/);
  expect(titleOf("api:next")).toBe("api:next");
});

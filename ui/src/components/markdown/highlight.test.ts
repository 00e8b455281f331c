import { expect, test } from "vitest";
import { coloured, highlight } from "./highlight";

const ever = new AbortController().signal;

test("the same code in several places is coloured once, and counted once among what is kept", async () => {
  const code = `[${"1,".repeat(15_000)}1]`;
  const all = await Promise.all(Array.from({ length: 8 }, () => highlight(code, "json", ever)));
  expect(new Set(all).size).toBe(1);
  expect(coloured(code, "json")).toBe(all[0]);
});

test("what nobody wants any more is not coloured", async () => {
  const left = new AbortController();
  const never = highlight("[0]", "json", left.signal);
  left.abort();
  await highlight("[1]", "json", ever);
  expect(await Promise.race([never, Promise.resolve("nothing")])).toBe("nothing");
  expect(coloured("[0]", "json")).toBeUndefined();
  expect(await highlight("plain", "no-such-language", ever)).toBeNull();
});

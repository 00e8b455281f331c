import { describe, expect, test } from "vitest";
import type { CallPage, CallRow } from "@/api/generated/types";
import { fold, reach } from "./live";

const row = (id: string, running = false) =>
  ({ id, outcome: running ? null : { outcome: "succeeded" } }) as unknown as CallRow;
const page = (ids: string, next: string | null): CallPage => ({ calls: [...ids].map((id) => row(id)), next });
const pages = (...all: CallPage[]) => ({ pages: all, pageParams: all.map(() => null) });
const ids = (data: ReturnType<typeof fold>) =>
  data?.pages.map((one) => one.calls.map(({ id }) => id).join(""));

describe("the newest calls over the older ones", () => {
  test("new calls come first and nothing is doubled", () => {
    expect(ids(fold(pages(page("fed", "d"), page("cba", null)), page("hgfe", "e")))).toEqual([
      "hgfed",
      "cba",
    ]);
  });

  test("a call that matches no more goes", () => {
    expect(ids(fold(pages(page("fed", "d")), page("fd", "c")))).toEqual(["fd"]);
  });

  test("when more came than were read, the list begins anew", () => {
    const data = fold(pages(page("cba", null)), page("zyx", "x"));
    expect(ids(data)).toEqual(["zyx"]);
    expect(data?.pages[0]?.next).toBe("x");
  });

  test("a head without an end is all there is", () => {
    expect(ids(fold(pages(page("ba", "a")), page("c", null)))).toEqual(["c"]);
  });

  test("it reaches down to the oldest call that runs, within bounds", () => {
    const calls = Array.from({ length: 900 }, (_, at) => row(`${at}`, at === 99));
    expect(reach(pages({ calls, next: null }))).toBe(100);
    expect(reach(pages({ calls: calls.map((one) => ({ ...one, outcome: null })), next: null }))).toBe(500);
    expect(reach(undefined)).toBe(60);
  });
});

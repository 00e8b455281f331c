import { describe, expect, test } from "vitest";
import { boundsOf, daysOf, spanOf } from "./span";

const NOW = Date.parse("2026-11-22T15:30:00Z");
const DAY = 86_400_000;

describe("the span that is shown", () => {
  test("thirty days end today and are whole days in UTC", () => {
    const span = boundsOf({}, NOW);
    const days = daysOf(span);
    expect([days.length, days[0], days.at(-1)]).toEqual([30, "2026-10-24", "2026-11-22"]);
    expect(span.since % DAY).toBe(0);
    expect(span.until).toBeNull();
  });

  test("a month begins on its first", () => {
    expect(daysOf(boundsOf({ range: "month" }, NOW))[0]).toBe("2026-11-01");
  });

  test("a custom span has both of its days, whichever comes first", () => {
    for (const [from, to] of [
      ["2026-01-30", "2026-02-02"],
      ["2026-02-02", "2026-01-30"],
    ] as const) {
      const span = boundsOf({ range: "custom", from, to }, NOW);
      expect(daysOf(span)).toEqual(["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"]);
      expect(span.until).toBe(Date.parse("2026-02-03"));
    }
  });

  test("an address that makes no sense asks for nothing", () => {
    expect(spanOf({ range: "9d", from: "yesterday", by: "moon", measure: 7 })).toEqual({
      range: undefined,
      from: undefined,
      to: undefined,
      by: undefined,
      measure: undefined,
    });
  });
});

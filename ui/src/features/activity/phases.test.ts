import { describe, expect, test } from "vitest";
import { phasesOf, ticks } from "./phases";

const none = {
  sent_us: null,
  connect_us: null,
  accepted_us: null,
  first_token_us: null,
  last_token_us: null,
};

describe("the phases of an attempt", () => {
  test("they follow each other from the arrival to the end", () => {
    const times = {
      ...none,
      sent_us: 10,
      connect_us: 20,
      first_token_us: 100,
      last_token_us: 400,
      total_us: 410,
    };
    const phases = phasesOf(times);
    expect(phases.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ["queue", 0, 10],
      ["connect", 10, 30],
      ["wait", 30, 100],
      ["write", 100, 400],
      ["close", 400, 410],
    ]);
  });

  test("an attempt that was refused waited to its end", () => {
    expect(phasesOf({ ...none, sent_us: 5, total_us: 50 }).map(({ kind }) => kind)).toEqual([
      "queue",
      "wait",
    ]);
    expect(phasesOf({ ...none, total_us: 50 })).toEqual([{ kind: "queue", from: 0, to: 50 }]);
  });

  test("marks are round and few", () => {
    expect(ticks(1_000_000)).toEqual([0, 200_000, 400_000, 600_000, 800_000]);
    for (const end of [1, 37, 999, 123_456, 7_000_000, 3_600_000_000]) {
      const marks = ticks(end);
      expect(marks[0]).toBe(0);
      expect(marks.length).toBeLessThanOrEqual(7);
    }
  });
});

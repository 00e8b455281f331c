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

  test("an attempt after another begins where that ended, and waited since then", () => {
    const lanes = [
      { ...none, sent_us: 10, total_us: 50 },
      { ...none, sent_us: 1_050, first_token_us: 1_100, last_token_us: 1_200, total_us: 1_210 },
      { ...none, sent_us: 1_300, first_token_us: 1_350, last_token_us: 1_400, total_us: 1_400 },
    ];
    const answered = [false, true];
    const drawn = lanes.map((times, at) => {
      const before = lanes[at - 1];
      return phasesOf(times, before ? { end: before.total_us, answered: answered[at - 1] === true } : null);
    });
    expect(drawn.map((phases) => phases.map(({ kind, from, to }) => [kind, from, to]))).toEqual([
      [
        ["queue", 0, 10],
        ["wait", 10, 50],
      ],
      [
        ["retry", 50, 1_050],
        ["wait", 1_050, 1_100],
        ["write", 1_100, 1_200],
        ["close", 1_200, 1_210],
      ],
      [
        ["between", 1_210, 1_300],
        ["wait", 1_300, 1_350],
        ["write", 1_350, 1_400],
      ],
    ]);
    // no lane lies over the one before
    drawn.reduce((end, phases) => {
      expect(phases[0]?.from).toBeGreaterThanOrEqual(end);
      return phases.at(-1)?.to ?? end;
    }, 0);
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

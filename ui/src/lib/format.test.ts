import { describe, expect, it } from "vitest";
import { bytes, cost, decimal, duration, money, moneySum, parseDollars, short, typedDollars } from "./format";

describe("figures", () => {
  it("shows money exactly, with at least two decimals", () => {
    expect([1_500_000, 153, 20_000, 0, -20_000, 1_234_567_000_000].map(money)).toEqual([
      "$1.50",
      "$0.000153",
      "$0.02",
      "$0.00",
      "-$0.02",
      "$1,234,567.00",
    ]);
    expect(moneySum(12_345_678)).toBe("$12.35");
  });

  it("never calls an unknown cost nothing", () => {
    expect(cost(null)).toBe("cost unknown");
    expect(cost(0, 2)).toBe("cost unknown");
    expect(cost(500_000, 1)).toBe("$0.50 + unknown");
    expect(cost(0)).toBe("$0.00");
  });

  it("reads dollars exactly", () => {
    expect(["1.5", "$0.000001", "3", "2."].map(parseDollars)).toEqual([1_500_000, 1, 3_000_000, 2_000_000]);
    expect([5_000_000, 150_000, 1, 2_345_600].map(typedDollars)).toEqual([
      "5.00",
      "0.15",
      "0.000001",
      "2.3456",
    ]);
    expect(["", ".5", "-1", "1e3", "0.0000001", "one"].map(parseDollars)).toEqual(Array(6).fill(null));
  });

  it("is short where space is short", () => {
    expect([950, 1000, 12_345, 999_949, 1_000_000, 4_120_000].map(short)).toEqual([
      "950",
      "1K",
      "12.3K",
      "999.9K",
      "1M",
      "4.1M",
    ]);
    expect([1, 467, 98_400, 98_362_432].map(bytes)).toEqual(["1 byte", "467 bytes", "98 kB", "98.4 MB"]);
    expect([9.84, 54, 123_165.4].map(decimal)).toEqual(["9.8", "54", "123,165"]);
    expect([40, 400, 12_000, 125_000].map(duration)).toEqual(["40 ms", "0.4 s", "12 s", "2 min 5 s"]);
  });
});

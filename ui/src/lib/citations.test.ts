import { describe, expect, test } from "vitest";
import { citedIn, passagesIn } from "./citations";

const GIVEN = [
  "[guide.md:5-8] Guide › Brewing",
  "## Brewing",
  "",
  "Steep for three minutes [see 4].",
  "",
  "[work/README.md:1]",
  "It is about cardamom.",
  "",
  "[a [draft], old.pdf:p3] Plans",
  "Page three.",
].join("\n");

describe("citations", () => {
  test("the passages of what was found are told apart", () => {
    expect(passagesIn(GIVEN)).toEqual([
      { citation: "guide.md:5-8", heading: "Guide › Brewing" },
      { citation: "work/README.md:1", heading: "" },
      { citation: "a [draft], old.pdf:p3", heading: "Plans" },
    ]);
    expect(passagesIn("Nothing was found.")).toEqual([]);
  });

  test("an answer's citations are known when they were given", () => {
    const given = passagesIn(GIVEN);
    expect(citedIn("Cardamom [work/README.md:1], three minutes [guide.md:5-8].", given)).toEqual([
      "work/README.md:1",
      "guide.md:5-8",
    ]);
    expect(citedIn("Twice [guide.md:5-8] and again [guide.md:5-8]", given)).toEqual(["guide.md:5-8"]);
    expect(citedIn("Together [`guide.md:6-7`; work/README.md:1]", given)).toEqual([
      "guide.md:6-7",
      "work/README.md:1",
    ]);
    expect(citedIn("Here [a [draft], old.pdf:p3]", given)).toEqual(["a [draft], old.pdf:p3"]);
  });

  test("what was not given is no citation", () => {
    const given = passagesIn(GIVEN);
    for (const text of [
      "[guide.md:4-8]",
      "[other.md:5-8]",
      "[guide.md]",
      "[guide.md:8-5]",
      "[README.md:1]",
      "[1]",
    ]) {
      expect(citedIn(text, given), text).toEqual([]);
    }
    expect(citedIn("[guide.md:5-8]", [])).toEqual([]);
  });
});

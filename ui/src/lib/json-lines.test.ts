import { expect, test } from "vitest";
import { jsonLines } from "./json-lines";

const written = (json: string) => jsonLines(json).map(({ depth, text }) => "  ".repeat(depth) + text);

test("each value stands on a line of its own", () => {
  expect(written('{"path":"/a","lines":[1,2.50],"deep":{"none":null},"empty":{},"nothing":[]}')).toEqual([
    "{",
    '  "path": "/a",',
    '  "lines": [',
    "    1,",
    "    2.50",
    "  ],",
    '  "deep": {',
    '    "none": null',
    "  },",
    '  "empty": {},',
    '  "nothing": []',
    "}",
  ]);
});

test("a name that is there twice is shown twice", () => {
  expect(written('{"path":"/a","path":"/b"}')).toEqual(["{", '  "path": "/a",', '  "path": "/b"', "}"]);
});

test("a string cannot look as if it had ended", () => {
  expect(written(String.raw`["a\", \"to\": \u0022b\\"]`)).toEqual([
    "[",
    String.raw`  "a\", \"to\": \u0022b\\"`,
    "]",
  ]);
});

test("what hides in escapes comes out", () => {
  expect(written(String.raw`["\u202etxt", "\ud83d\ude00", "\ud83d", "\u0007", "one\ntwo\/three"]`)).toEqual([
    "[",
    '  "\u202etxt",',
    '  "😀",',
    String.raw`  "\ud83d",`,
    String.raw`  "\u0007",`,
    '  "one\ntwo/three"',
    "]",
  ]);
});

test("what is no JSON stays as it is", () => {
  for (const text of ["", "{", '{"a":1 2}', "rm -rf ~", '{"a":"b']) {
    expect(jsonLines(text)).toEqual([{ depth: 0, text }]);
  }
});

test("nothing is left out, however long it is", () => {
  const value = "x".repeat(100_000);
  expect(written(JSON.stringify({ value }))).toEqual(["{", `  "value": "${value}"`, "}"]);
});

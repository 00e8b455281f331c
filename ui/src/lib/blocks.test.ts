import { describe, expect, it } from "vitest";
import { blocksOf, cut, NO_CUTS } from "./blocks";

const TEXTS = [
  "",
  "one",
  "one\n\ntwo\n\nthree",
  "# Title\n\ntext\nmore\n\n## Next\n",
  "- a\n- b\n\n- c\n\n  continued\n\nafter",
  "1. a\n\n   ```rust\n   fn a() {}\n\n   fn b() {}\n   ```\n\n2. b\n\nend\n",
  "```js\nconst a = 1;\n\nconst b = 2;\n```\n\ntext",
  "~~~\n```\n\nnot closed by backticks\n~~~\n\nafter",
  "````\n```\n\ninner\n\n```\n````\n\nafter\n",
  "> quote\n\n> more\n\ntext",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext",
  "\n\n\nleading\n\n\n\nmany\n\n",
  "    indented code\n\n    goes on\n\nflush",
  "text\n\n    indented after text\n\nflush",
  "unclosed\n\n```python\nprint(1)\n\nprint(2)",
  "[^1]: note\n\n[^2]: another\n\ntext",
  "a\r\n\r\nb\r\n\r\nc",
];

describe("cutting markdown into blocks", () => {
  it("loses nothing", () => {
    for (const text of TEXTS) expect(blocksOf(text, cut(text)).join("")).toBe(text);
  });

  it("cuts a growing text as it cuts the whole, whatever the pieces (SEC-22)", () => {
    for (const text of TEXTS) {
      for (const size of [1, 2, 3, 7]) {
        let cuts = NO_CUTS;
        let before: readonly string[] = [];
        for (let end = size; end < text.length + size; end += size) {
          cuts = cut(text.slice(0, end), cuts);
          // what was cut off stays as it was
          expect(cuts.done.slice(0, before.length)).toEqual(before);
          before = cuts.done;
        }
        expect(cuts.done).toEqual(cut(text).done);
      }
    }
  });

  it("never cuts inside a fence or a list", () => {
    const blocks = (text: string) => blocksOf(text, cut(text));
    expect(blocks("```js\na\n\nb\n```\n\ntext\n")).toHaveLength(2);
    expect(blocks("- a\n\n- b\n\n- c\n\ntext\n")).toHaveLength(2);
    expect(blocks("- a\n\n  more of a\n\ntext\n")).toHaveLength(2);
    expect(blocks("one\n\ntwo\n\nthree\n")).toHaveLength(3);
  });

  it("keep a formula of several paragraphs together", () => {
    for (const text of ["$$\na\n\nb\n$$\n\nafter\n", "\\[\na\n\nb\n\\]\n\nafter\n"]) {
      expect(blocksOf(text, cut(text))).toHaveLength(2);
    }
  });
});

import { expect, test } from "vitest";
import { firstSentence } from "./first-sentence";

test("it is what would be read first, without marks", () => {
  expect(firstSentence("Hello there. And more.")).toBe("Hello there.");
  expect(firstSentence("\n## **Plan** for [you](https://x.test)\nText")).toBe("Plan for you");
  expect(firstSentence("- *one* `two`\n- three")).toBe("one two");
  expect(firstSentence("```js\nlet a\n```")).toBe("");
  expect(firstSentence("")).toBe("");
});

test("it is never long", () => {
  const said = firstSentence("word ".repeat(100));
  expect(said.length).toBeLessThanOrEqual(161);
  expect(said.endsWith("word…")).toBe(true);
});

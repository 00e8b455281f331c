import { axe, expect, open, say, test } from "../support/test.ts";

const CODE = `// the longest words first
const words = input.text.split(/\\s+/);
words.sort((a, b) => b.length - a.length);
console.log(words.length, "words");
words.slice(0, 3);`;

test("code that an agent runs is read as code, and what it gave as it gave it", async ({ page, app, provider, ready }) => {
  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  const tools = page.getByRole("region", { name: "Tools", exact: true });
  await tools.getByRole("radiogroup", { name: "Run code" }).getByRole("radio", { name: "Always" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Not saved")).toHaveCount(0);

  const input = { text: "An inglenook is the private seat by the fire" };
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { pieces: ["The longest is inglenook."] };
    return {
      pieces: ["Let me count."],
      calls: [
        { id: "call_1", name: "run_code", arguments: { code: CODE, input } },
        { id: "call_2", name: "run_code", arguments: { code: "let a = 1;\nmissing(a)" } },
      ],
    };
  };
  await open(page, app);
  await say(page, "Which are the longest words?");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  await expect(answer).toContainText("The longest is inglenook.");
  const [first, second] = [0, 1].map((at) => answer.locator("details", { hasText: "run_code" }).nth(at));
  if (first === undefined || second === undefined) throw new Error("two cards");
  await expect(first).toContainText("done");
  await expect(second).toContainText("failed");
  await first.locator("summary").click();
  await second.locator("summary").click();
  const figures = first.locator("figure pre");
  await expect(figures).toHaveCount(3);
  // line by line, as the model meant it, and coloured
  expect(await figures.nth(0).innerText()).toBe(CODE);
  await expect(figures.nth(0).locator("span[style*=color]").first()).toBeVisible();
  await expect(figures.nth(1)).toContainText('"text": "An inglenook is');
  expect(await figures.nth(2).innerText()).toBe('9 words\n=> ["inglenook","private","seat"]');
  await expect(second.locator("figure pre").last()).toContainText("ReferenceError: missing is not defined\n    at <eval> (code.js:2:");
  await axe(page);
});

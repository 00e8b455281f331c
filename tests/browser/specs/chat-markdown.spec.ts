// What an answer is made of: formulas, diagrams, tables, code; each with what can be done with it.

import { expect, open, say, test } from "../support/test.ts";
import { axe } from "../support/axe.ts";

test("formulas, a diagram, a table and code", async ({ page, app, provider, ready, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  provider.say = () => ({
    pieces: [
      "Inline $e^{i\\pi}+1=0$ for $5 or $10.\n\n\\[\\frac{1}{2}\\]\n\n",
      "```mermaid\nflowchart LR\n  A[Here] --> B[There]\n```\n\n",
      "```python\nprint('x')\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ],
  });
  await open(page, app);
  await say(page, "Show all");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer.locator(".katex")).toHaveCount(2);
  await expect(answer.locator(".katex-display")).toHaveCount(1);
  await expect(answer).toContainText("for $5 or $10.");
  const diagram = answer.getByRole("img", { name: /^Diagram \(flowchart/ });
  await expect(diagram).toBeVisible();
  expect(await diagram.getAttribute("src")).toMatch(/^data:image\/svg\+xml,/);
  await expect.poll(() => diagram.evaluate((el: HTMLImageElement) => el.naturalWidth)).toBeGreaterThan(50);
  await axe(page);
  await answer.getByRole("button", { name: "Show the source" }).click();
  await expect(answer).toContainText("A[Here] --> B[There]");
  await answer.getByRole("button", { name: "Show the diagram" }).click();
  await expect(diagram).toBeVisible();

  const code = answer.locator("figure", { hasText: "python" });
  await code.getByRole("button", { name: "Wrap long lines" }).click();
  await expect(code.locator("pre")).toHaveCSS("white-space", "pre-wrap");
  await code.getByRole("button", { name: "Copy code" }).click();
  await expect.poll(clipboard).toBe("print('x')");
  await answer.getByRole("table").hover();
  await answer.getByRole("button", { name: "Copy table" }).click();
  await expect.poll(clipboard).toBe("a\tb\n1\t2");
});

test("what is no diagram is shown as its source", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["```mermaid\nthis is not a diagram\n```\n"] });
  await open(page, app);
  await say(page, "Draw");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toContainText("This is not a diagram that can be drawn");
  await expect(answer).toContainText("this is not a diagram");
  await expect(answer.getByRole("img")).toHaveCount(0);
});

test("reasoning folds with its duration", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ reasoning: "Let me think.", pieces: ["Done."] });
  await open(page, app);
  await say(page, "Think");
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer).toHaveAttribute("data-state", "complete");
  const fold = answer.locator("summary");
  await expect(fold).toContainText(/Reasoning· 0\.\d s/);
  await expect(answer.getByText("Let me think.")).toBeHidden();
  await fold.click();
  await expect(answer.getByText("Let me think.")).toBeVisible();
});

test("a program's tool call is a card with its arguments and its result", async ({ page, app, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Zed" });
  await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: "helper",
      messages: [
        { role: "user", content: "Read it" },
        { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "read_file", arguments: '{"path":"main.rs"}' } }] },
        { role: "tool", tool_call_id: "c1", content: "fn main() {}" },
      ],
    }),
  }).then((response) => response.text());
  await open(page, app);
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  const card = page.locator("details", { hasText: "read_file" });
  await expect(card).toContainText("done");
  await card.locator("summary").click();
  await expect(card).toContainText('"path": "main.rs"');
  await expect(card).toContainText("fn main() {}");
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Hello there.");
  await axe(page);
});

test("a remote image comes by a click, says how large it is, and what was wrong", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: ["![A cat](https://images.example/cat.png)"] });
  await open(page, app);
  await say(page, "image");
  await page.getByRole("button", { name: "Show address" }).click();
  const dialog = page.getByRole("dialog", { name: "Load this image?" });
  await dialog.getByRole("button", { name: "Load it here" }).click();
  // there is no such host
  await expect(dialog.getByRole("alert")).toContainText("The image was not fetched");
  await axe(page);
  // the app fetches nothing from this machine, so that what it would have fetched is given here
  const data = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
  await page.route("**/control", (route) =>
    route.request().postDataJSON().command === "image.fetch"
      ? route.fulfill({ json: { ok: { data_url: data, media_type: "image/gif", bytes: 98_400 } } })
      : route.continue(),
  );
  await dialog.getByRole("button", { name: "Try again" }).click();
  const answer = page.getByRole("article", { name: "Answer" });
  await expect(answer.getByRole("img", { name: "A cat" })).toHaveAttribute("src", data);
  await expect(answer).toContainText("A cat · images.example · 98 kB");
  await expect(dialog).toHaveCount(0);
});

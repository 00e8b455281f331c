import { words } from "../support/provider.ts";
import { expect, open, test } from "../support/test.ts";

test("a program gets a key, calls, and its call appears live with its name, tokens and cost", async ({ page, app, provider, ready }) => {
  await open(page, app, "/connect");
  await expect(page.getByTestId("base-url")).toHaveText(app.baseUrl);
  await page.getByRole("button", { name: "New key" }).first().click();
  await page.getByRole("textbox", { name: "Program" }).fill("nightly-report");
  await page.getByRole("button", { name: "Add a budget" }).click();
  await page.getByLabel("Amount").fill("2.50");
  await page.getByRole("button", { name: "Create key" }).click();
  const secret = (await page.getByTestId("secret").locator("code").innerText()).trim();
  expect(secret).toMatch(/^sk-ink-/);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText(secret)).toHaveCount(0);

  await page.keyboard.press("Control+1");
  const list = page.getByRole("complementary", { name: "Sessions" });
  await expect(list.getByText("No sessions yet")).toBeVisible();

  provider.say = () => ({ pieces: words("Three builds failed."), usage: { prompt_tokens: 10_000, completion_tokens: 2000 } });
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "Which builds failed?" }] }),
  });
  expect(response.status).toBe(200);
  // 10,000 x 0.15 + 2,000 x 0.60 dollars per million
  // a program's only call has no better name than its time
  const row = list.getByRole("link", { name: /Call of/ });
  await expect(row).toContainText("nightly-report · 12K tokens · $0.0027");
  await row.click();
  await expect(page.getByTestId("session-facts")).toContainText("Called by nightly-report");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Three builds failed.");

  await page.keyboard.press("Control+5");
  await expect(page.getByTestId("calls").getByRole("row", { name: /nightly-report/ })).toContainText("$0.0027");
  await page.getByTestId("calls").getByRole("link", { name: "nightly-report" }).click();
  await expect(page.getByRole("region", { name: "Details" })).toContainText("POST /v1/chat/completions");
  await page.keyboard.press("Control+6");
  await expect(page.getByTestId("totals")).toContainText("$0.0027");
  await page.getByRole("radio", { name: "Client key" }).click();
  await expect(page.getByTestId("groups").getByRole("rowheader", { name: "nightly-report" })).toBeVisible();

  await page.keyboard.press("Control+4");
  const key = page.locator("[data-key=nightly-report]");
  await expect(key).toContainText(/\$0\.0027\s*of \$2\.50 per month/);
  await key.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(key).toHaveCount(0);
  const refused = await fetch(`${app.baseUrl}/models`, { headers: { authorization: `Bearer ${secret}` } });
  expect(refused.status).toBe(401);
});

test("sessions are found by what was said, while it is typed", async ({ page, app, provider, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Zed" });
  const ask = (content: string) =>
    fetch(`${app.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "helper", messages: [{ role: "user", content }] }),
    }).then((response) => response.text());
  provider.say = () => ({ pieces: words("Wrap both statements in a transaction.") });
  await ask("How do I change two tables at once?");
  provider.say = () => ({ pieces: words("Basil and mint.") });
  await ask("What grows on a balcony?");
  await open(page, app);
  const list = page.getByRole("complementary", { name: "Sessions" });
  await expect(list.getByRole("link")).toHaveCount(2);
  await page.keyboard.press("Control+f");
  const field = page.getByRole("searchbox");
  await expect(field).toBeFocused();
  await field.fill("transac");
  await expect(list.getByRole("link")).toHaveCount(1);
  await expect(list.getByRole("link")).toContainText("transaction");
  await field.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Wrap both statements");
  await field.fill("nowhere-to-be-found");
  await expect(list.getByText("Nothing was said about")).toBeVisible();
  await field.press("Escape");
  await expect(list.getByRole("link")).toHaveCount(2);
});

test("a long conversation of a program opens at its end and costs few elements (U2)", async ({ page, app, provider, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "editor" });
  const history = Array.from({ length: 1999 }, (_, n) => ({
    role: n % 2 === 0 ? "user" : "assistant",
    content: n % 2 === 0 ? `Question ${n}` : `Answer ${n}\n\n- with a list\n- of two\n\n\`\`\`js\nconst n = ${n};\n\`\`\``,
  }));
  provider.say = () => ({ pieces: words("The very last answer.") });
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages: history }),
  });
  expect(response.status).toBe(200);
  await open(page, app);
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(page.getByRole("log").getByText("The very last answer.")).toBeInViewport();
  await page.waitForTimeout(1000);
  expect(await page.evaluate(() => document.querySelectorAll("*").length)).toBeLessThan(2500);
  await expect(page.getByRole("log").getByText("The very last answer.")).toBeInViewport();
});

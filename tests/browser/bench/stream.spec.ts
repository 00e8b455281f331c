// Speed of the thread by the browser's own account. Figures depend on the machine; the gates are those of the goals U4 and U7,
// and the ratio between the end and the beginning of one answer holds anywhere.

import { expect, open, say, test } from "../support/test.ts";

const PARAGRAPH =
  "A paragraph with **strong words**, `code`, a [link](https://example.com) and enough text to fill some lines of the thread, as answers of models do.\n\n" +
  "- a list\n- of three\n- items\n\n```js\nconst sum = (a, b) => a + b;\nconsole.log(sum(1, 2));\n```\n\n";

test("a long answer at 200 pieces a second, in a conversation of 2,000 messages (U4, U6, U7)", async ({ page, app, provider, ready }) => {
  test.setTimeout(120_000);
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "editor" });
  const messages = Array.from({ length: 1999 }, (_, n) => ({ role: n % 2 === 0 ? "user" : "assistant", content: `Message ${n}\n\n${PARAGRAPH}` }));
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages }),
  });
  expect(response.status).toBe(200);
  await open(page, app);
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(page.getByRole("article", { name: "Answer" }).last()).toBeInViewport();

  const text = PARAGRAPH.repeat(80).slice(0, 20_000);
  const pieces = text.match(/[\s\S]{1,5}/g) ?? [];
  provider.say = () => ({ pieces: [...pieces, "\n\nThe end."], pace: 4 });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return { task: value("TaskDuration"), at: value("Timestamp"), nodes: value("Nodes") };
  };
  const shown = () => page.getByRole("article", { name: "Answer" }).last().locator(".prose").evaluate((el) => el.textContent?.length ?? 0);
  await say(page, "Write a lot.");
  await expect.poll(shown, { timeout: 30_000 }).toBeGreaterThan(500);
  const rates: number[] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    const [from, chars] = [await busy(), await shown()];
    await page.waitForTimeout(3500);
    const [to, more] = [await busy(), await shown()];
    rates.push((to.task - from.task) / (to.at - from.at));
    expect(more, "it goes on growing").toBeGreaterThan(chars);
  }
  await expect(page.getByText("The end.")).toBeInViewport({ timeout: 60_000 });
  console.log(`main thread busy, by quarter: ${rates.map((rate) => `${Math.round(rate * 100)} %`).join(", ")}`);
  expect(Math.max(...rates)).toBeLessThan(0.6);
  const [first = 0, second = 0, third = 0, fourth = 0] = rates;
  expect((third + fourth) / (first + second)).toBeLessThan(2);
});

import { axe, expect, open, say, test } from "../support/test.ts";

test("an agent is given a tool, uses it in the window, and a program sees the answer alone", async ({ page, app, provider, ready }) => {
  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  const tools = page.getByRole("region", { name: "Tools", exact: true });
  await expect(tools.getByLabel("Turns")).toBeHidden();
  await tools.getByRole("radiogroup", { name: "Calculator" }).getByRole("radio", { name: "Always" }).click();
  await tools.getByLabel("Turns").fill("0");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(tools.getByLabel("Turns")).toBeFocused();
  await tools.getByLabel("Turns").fill("8");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Not saved")).toHaveCount(0);
  await axe(page);

  let go = () => {};
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role !== "tool")
      return { pieces: ["Let me ", "see."], calls: [{ id: "call_1", name: "calculator", arguments: { expression: "17 * 23" } }] };
    return { pieces: ["It is ", `${String(last.content)}.`], after: new Promise((done) => (go = done)) };
  };
  await open(page, app);
  await say(page, "How much is 17 * 23?");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  const card = answer.locator("details", { hasText: "calculator" });
  await expect(card).toContainText("done");
  // how long it ran stands on it while the answer is still being written
  const head = card.locator("summary");
  await expect(head).toHaveText(/done\s*\d+(\.\d)? m?s$/);
  const took = await head.innerText();
  await card.locator("summary").click();
  await expect(card).toContainText('"expression": "17 * 23"');
  await expect(card).toContainText("391");
  go();
  await expect(answer).toContainText("It is 391.");
  await expect(answer).toHaveAttribute("data-state", "complete");
  // what was unfolded stays so, and stands between the words
  await expect(card).toContainText("391");
  const order = (await answer.innerText()).replace(/\s+/g, " ");
  expect(order.indexOf("Let me see.")).toBeLessThan(order.indexOf("calculator"));
  expect(order.indexOf("calculator")).toBeLessThan(order.indexOf("It is 391."));
  await axe(page);
  await page.reload();
  await expect(head).toContainText("done");
  expect(await head.innerText()).toBe(took);
  await expect(answer).toContainText("It is 391.");

  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Zed" });
  provider.say = ({ messages }) =>
    messages.at(-1)?.role === "tool" ? { pieces: ["It is 391."] } : { pieces: [], calls: [{ id: "call_2", name: "calculator", arguments: { expression: "17*23" } }] };
  const asked = fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "How much is 17 * 23?" }] }),
  });
  expect(((await (await asked).json()) as { choices: Array<{ message: object }> }).choices[0]?.message).toEqual({
    role: "assistant",
    content: "It is 391.",
    refusal: null,
  });
});

// Every call of every client: seen as it happens, found, understood, made again.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { axe, expect, open, say, test } from "../support/test.ts";
import { answers, call, programs } from "../support/traffic.ts";

test("an empty list teaches, and the first call appears by itself", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await open(page, app, "/activity");
  await expect(page.getByText("No calls yet")).toBeVisible();
  await axe(page);
  answers(provider, "Hello there.", 1000, 100);
  await call(app, keys.zed, "Hi");
  const row = page.getByTestId("calls").getByRole("row");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("answered");
  await expect(row).toContainText("Zed");
  await expect(row).toContainText("reviewer openai/gpt-4o-mini");
  await expect(row).toContainText("1,000 + 100");
  // 1,000 x 0.15 + 100 x 0.60 dollars per million
  await expect(row).toContainText("$0.00021");
  await axe(page);
});

test("a call that runs is seen with the time it takes, then with its end", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await open(page, app, "/activity");
  let go = () => {};
  const wait = new Promise<void>((done) => { go = done; });
  provider.say = () => ({ pieces: Array.from({ length: 60 }, () => "word "), pace: 50 });
  const ended = call(app, keys.zed, "Write slowly.", { stream: true }).then(go);
  const row = page.getByTestId("calls").getByRole("row").first();
  await expect(row).toContainText("running");
  await expect(page.getByRole("status").filter({ hasText: "1 running" })).toBeVisible();
  await expect(row).toContainText(/\d+ (ms|s)/u);
  await Promise.all([wait, ended]);
  await expect(row).toContainText("answered");
  await expect(page.getByText("1 running")).toHaveCount(0);
});

test("a client that hammers is one row, which says how often it was refused", async ({ page, app, provider }) => {
  await programs(app, provider);
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Looper", agents: ["editor"] });
  for (let n = 0; n < 13; n += 1) await call(app, secret, "Let me in", { model: "reviewer" });
  await open(page, app, "/activity");
  const row = page.getByTestId("calls").getByRole("row");
  await expect(row).toHaveCount(1);
  await expect(row).toContainText("not allowed");
  await expect(row).toContainText("refused 13 times");
  await row.getByRole("link").click();
  await expect(page.getByRole("main", { name: "Call" })).toContainText("It was refused 13 times within a minute.");
  await axe(page);
  // a call that was made once says nothing of it
  answers(provider, "Yes.");
  await call(app, secret, "Hi", { model: "editor" });
  await page.getByRole("link", { name: "Activity" }).first().click();
  await expect(row).toHaveCount(2);
  await expect(row.first()).not.toContainText("refused");
});

test("the filters ask the app, lie in the address, and go with one press", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "Yes.");
  const first = await call(app, keys.zed, "One");
  await call(app, keys.nightly, "Two", { model: "editor" });
  provider.say = () => ({ pieces: [], status: 400 });
  await call(app, keys.nightly, "Three");
  await open(page, app, "/activity");
  const rows = page.getByTestId("calls").getByRole("row");
  await expect(rows).toHaveCount(3);
  const choose = async (which: string, option: string | RegExp) => {
    await page.getByRole("combobox", { name: which }).click();
    await page.getByRole("option", { name: option, exact: true }).click();
  };
  await choose("Any client", "nightly-report");
  await expect(rows).toHaveCount(2);
  await choose("Any outcome", "failed");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("invalid request");
  expect(page.url()).toContain("outcome=failed");
  await page.reload();
  await expect(rows).toHaveCount(1);
  await choose("Any agent", /Editor/);
  await expect(page.getByText("No call matches these filters")).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).last().click();
  await expect(rows).toHaveCount(3);
  await choose("Any model", "openai/gpt-4o");
  await expect(rows).toHaveCount(1);
  await choose("Any model", "Any model");
  await choose("Any route", "window");
  await expect(page.getByText("No call matches these filters")).toBeVisible();
  await choose("Any route", "Any route");
  await page.getByRole("searchbox", { name: "Call or session ID" }).fill(first.slice(0, 24));
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Zed");
  // an id that cannot be one is told so, where the list would be
  await page.getByRole("searchbox", { name: "Call or session ID" }).fill("%%");
  await expect(page.getByRole("alert")).toContainText("no part of the id");
});

test("new calls never move what is looked at", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await app.control("key.update", { key: "Zed", budgets: [] });
  answers(provider, "Yes.");
  for (let n = 0; n < 40; n++) await call(app, keys.zed, `Call ${n}`, { session: "s" });
  await open(page, app, "/activity");
  const list = page.getByTestId("calls");
  await expect(list.getByRole("row").first()).toBeVisible();
  await list.evaluate((box) => box.scrollTo(0, 400));
  const place = () =>
    list.evaluate((box) => {
      const top = box.getBoundingClientRect().top;
      const rows = [...box.querySelectorAll<HTMLElement>("[data-call]")].map((row) => ({
        id: row.dataset.call,
        at: Math.round(row.getBoundingClientRect().top - top),
      }));
      return rows.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
    });
  const before = await place();
  for (let n = 0; n < 3; n++) await call(app, keys.zed, `New ${n}`);
  const button = page.getByRole("button", { name: "3 new calls" });
  await expect(button).toBeVisible();
  expect(await place()).toEqual(before);
  await button.click();
  await expect(button).toHaveCount(0);
  expect(await list.evaluate((box) => box.scrollTop)).toBe(0);
});

test("a call's page tells everything, and the way back finds the list as it was", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "Use a transaction around both.", 2000, 50);
  await call(app, keys.zed, "Review this migration.", { stream: true, session: "one", more: { temperature: 0.9 } });
  await open(page, app, "/activity?outcome=succeeded");
  await page.getByTestId("calls").getByRole("link").first().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("reviewer openai/gpt-4o-mini");
  await expect(page.getByTestId("figures")).toContainText("$0.00033");
  await expect(page.getByTestId("waterfall")).toContainText("Until first token");
  await expect(page.getByRole("group", { name: "Asked" })).toHaveText("Review this migration.");
  await expect(page.getByRole("group", { name: "Answered" })).toHaveText("Use a transaction around both.");
  await expect(page.getByTestId("applied")).toContainText("locked; the caller's was not used");
  const requests = page.getByRole("region", { name: "Requests" });
  await expect(requests.getByRole("group")).toContainText('"temperature": 0.9');
  await requests.getByRole("radio", { name: "To the provider" }).click();
  await expect(requests.getByRole("group")).toContainText("You review code");
  await expect(requests).not.toContainText("sk-");
  await requests.getByRole("radio", { name: "Difference" }).click();
  await expect(requests).toContainText('"temperature": 0.2');
  await expect(page.getByTestId("attempts")).toContainText("$0.15");
  await expect(page.getByTestId("attempts")).toContainText("published price");
  await expect(page.getByRole("region", { name: "How the answer came" })).toContainText("the answer was complete");
  await expect(page.getByRole("region", { name: "Details" })).toContainText("Zed/0.199.1");
  await axe(page);
  await page.getByRole("main").getByRole("link", { name: "Activity" }).click();
  await expect(page.getByTestId("calls").getByRole("row")).toHaveCount(1);
  expect(page.url()).toContain("outcome=succeeded");
  await page.getByTestId("calls").getByRole("link").first().click();
  await page.getByRole("button", { name: "Open chat" }).click();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Use a transaction");
});

test("a failed call says why, and what was not kept is said to be so", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  provider.say = () => ({ pieces: [], status: 400 });
  const id = await call(app, keys.nightly, "Three");
  await open(page, app, `/activity/${id}`);
  await expect(page.getByRole("alert").first()).toContainText("fails on purpose");
  await expect(page.getByTestId("attempts")).toContainText("status 400");
  await expect(page.getByText("The client key keeps nothing of what its calls say")).toBeVisible();
  await axe(page);
  await page.evaluate(() => { location.hash = "/activity/ca_00000000000070008000000000000000"; });
  await expect(page.getByRole("alert")).toContainText("There is no call");
});

test("a call is made again by another agent, and the answers stand beside each other", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "First answer.", 100, 10);
  const id = await call(app, keys.zed, "Which one?", { session: "s" });
  await open(page, app, `/activity/${id}`);
  answers(provider, "Second answer.", 100, 20);
  await page.getByRole("button", { name: "Replay" }).click();
  const dialog = page.getByRole("dialog", { name: "Replay this call" });
  await axe(page);
  const field = dialog.getByRole("combobox", { name: "Answered by" });
  await field.fill("nobody");
  // while models are offered, what lies behind them is out of reach for assistive technology
  await field.press("Tab");
  await dialog.getByRole("button", { name: "Send again" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await field.fill("editor");
  await page.getByRole("option", { name: "editor", exact: true }).click();
  await dialog.getByRole("button", { name: "Send again" }).click();
  const beside = page.getByRole("region", { name: "Compared with another call" });
  await expect(beside).toContainText("First answer.");
  await expect(beside).toContainText("Second answer.");
  await expect(beside.getByRole("row", { name: /Output tokens/ })).toContainText("+10");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("editor");
  expect(provider.asked.at(-1)?.model).toBe("gpt-4o");
  await axe(page);
  await beside.getByRole("button", { name: "End the comparison" }).click();
  await expect(beside).toHaveCount(0);
  await page.getByRole("link", { name: id }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /replay/ }).click();
  await expect(page.getByRole("region", { name: "Compared with another call" })).toContainText("cannot be compared");
});

test("a call is copied as a program that runs", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "Yes.");
  const id = await call(app, keys.zed, "It's \"quoted\"?");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, app, `/activity/${id}`);
  for (const [language, begins] of [["curl", "curl http://127.0.0.1"], ["Python", "import json"], ["Node", "const response"]] as const) {
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("menuitem", { name: `Copy as ${language}` }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(begins);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toContain("YOUR_KEY");
    expect(text).not.toContain(keys.zed);
    expect(await ran(language, text.replaceAll("YOUR_KEY", keys.zed))).toContain("Yes.");
  }
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy call ID" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(id);
});

/** What a program prints. Not in one breath: the provider lives in this process. */
async function ran(language: "curl" | "Python" | "Node", program: string): Promise<string> {
  const [command, flags] = { curl: ["bash", ["-c"]], Python: ["python3", ["-c"]], Node: [process.execPath, ["--input-type=module", "-e"]] }[language] as [string, string[]];
  return (await promisify(execFile)(command, [...flags, program])).stdout;
}

test("a path with a name in it is copied as it was called, and what cannot be copied says why", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "Yes.");
  const asked = await fetch(`${app.baseUrl.replace(/\/v1$/, "")}/v1beta/models/reviewer:generateContent`, {
    method: "POST",
    headers: { "x-goog-api-key": keys.zed, "content-type": "application/json" },
    body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: "Is it?" }] }] }),
  });
  expect(asked.status).toBe(200);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, app, "/activity");
  await page.getByTestId("calls").getByRole("link").first().click();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy as Node" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("/v1beta/models/reviewer:generateContent");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(await ran("Node", text.replaceAll("YOUR_KEY", keys.zed))).toContain("Yes.");

  const id = await call(app, keys.nightly, "Three");
  await page.evaluate((to) => { location.hash = `/activity/${to}`; }, id);
  await expect(page.getByText("The client key keeps nothing of what its calls say")).toBeVisible();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(page.getByRole("menuitem", { name: "Python: the request was not kept" })).toBeDisabled();
});

test("what was asked in the window is copied with all that was said before", async ({ page, app, provider, ready }) => {
  provider.say = ({ messages }) => ({ pieces: [`Answer ${messages.filter((one) => one.role === "user").length}.`] });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, app);
  await say(page, "First question");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Answer 1.");
  await say(page, "Second question");
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Answer 2.");
  await page.evaluate(() => { location.hash = "/activity"; });
  await page.getByTestId("calls").getByRole("link").first().click();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy as curl" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain("Second question");
  const text = await page.evaluate(() => navigator.clipboard.readText());
  const body = JSON.parse(/-d '([^]*)'/.exec(text)?.[1] ?? "") as { messages: unknown };
  expect(body.messages).toEqual([
    { role: "user", content: "First question" },
    { role: "assistant", content: "Answer 1." },
    { role: "user", content: "Second question" },
  ]);
});

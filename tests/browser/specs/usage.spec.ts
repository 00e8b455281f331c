// What everything cost: the same to the last digit in the window, in its file and on the command line.

import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { axe, expect, open, test } from "../support/test.ts";
import { answers, call, programs } from "../support/traffic.ts";

test("an empty span says so, and axe finds nothing", async ({ page, app, ready }) => {
  await open(page, app, "/usage");
  await expect(page.getByText("No calls in this span")).toBeVisible();
  await expect(page.getByText("No budget is set")).toBeVisible();
  await axe(page);
});

test("the figures are those of the command line and of the ledger", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await app.control("provider.add", {
    id: "unpriced", kind: null, name: null, wire: "openai-chat", base_url: provider.baseUrl, allow_http: false, key: "sk-test-0123456789abcdef-good", no_key: false,
  });
  await app.control("agent.create", { slug: "free", name: "Free", instructions: "", target: "unpriced/of-unknown-price" });
  for (const [model, input, output] of [["reviewer", 1_234_567, 89], ["editor", 1000, 1], ["free", 70, 7]] as const) {
    answers(provider, "Yes.", input, output);
    await call(app, keys.nightly, "Hi", { model, program: model === "editor" ? "curl/8.5.0" : "OpenAI/Python 2.8.1" });
  }
  provider.say = () => ({ pieces: [], status: 400 });
  await call(app, keys.nightly, "Hi");
  await open(page, app, "/usage");
  const totals = page.getByTestId("totals");
  // 1,234,567 x 0.15 + 89 x 0.60, and 1,000 x 2.50 + 1 x 10, dollars per million
  await expect(totals).toContainText("$0.187748");
  await expect(totals).toContainText("of unknown cost");
  await expect(totals).toContainText("1 attempt failed");
  await expect(page.getByTestId("failures")).toContainText("invalid request");
  await expect(page.getByTestId("speed")).toContainText("Time to first token");
  await axe(page);

  const told = (by: string) =>
    app.control<{ rows: Array<{ group: string; cost: number; unknown_cost: number }>; total: object }>("usage.summary", { by });
  expect(JSON.parse(app.cli(["usage", "--by", "agent", "--json"]))).toEqual(await told("agent"));
  for (const [radio, group, text] of [
    ["Agent", "reviewer", "$0.185238"],
    ["Model", "openai/gpt-4o", "$0.00251"],
    ["Provider", "unpriced", "cost unknown"],
    ["Client key", "nightly-report", "$0.187748 + unknown"],
    ["Program", "programs without a name", "$0.187748 + unknown"],
  ] as const) {
    await page.getByRole("radio", { name: radio, exact: true }).click();
    const row = page.getByTestId("groups").getByRole("row").filter({ has: page.getByRole("rowheader", { name: group, exact: true }) });
    await expect(row).toContainText(text);
    await expect(row).not.toContainText(/\$0\.00(?!\d)/u);
  }
  await page.getByRole("radio", { name: "Table" }).click();
  await expect(page.getByTestId("days").getByRole("row").nth(1)).toContainText("1,235,637");

  const save = async (what: string | RegExp) => {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export CSV" }).click();
    await page.getByRole("menuitem", { name: what }).click();
    const file = await download;
    return { name: file.suggestedFilename(), text: await readFile((await file.path()) ?? "", "utf8") };
  };
  const shown = await save(/As shown/);
  expect(shown.name).toMatch(/^inglenook-client-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/u);
  expect(shown.text).toBe(app.cli(["usage", "--by", "client", "--csv"]));
  const ledger = await save(/Ledger/);
  expect(ledger.text).toBe(app.cli(["usage", "--csv", "--ledger"]));
  const costs = ledger.text.trim().split("\n").slice(1).map((line) => line.split(",").at(-6));
  expect(costs).toEqual(["0.185238", "0.002510", "", ""]);
});

test("spans are chosen, kept in the address, and lead to the calls", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  answers(provider, "Yes.");
  await call(app, keys.zed, "Hi");
  await open(page, app, "/usage");
  for (const [span, days] of [["7 days", 7], ["90 days", 90], ["30 days", 30]] as const) {
    await page.getByRole("radio", { name: span }).click();
    await expect(page.locator("[data-day]")).toHaveCount(days);
  }
  await page.getByRole("radio", { name: "This month" }).click();
  await expect(page.locator("[data-day]")).toHaveCount(new Date().getUTCDate());
  await page.getByRole("radio", { name: "Custom" }).click();
  await page.getByLabel("From", { exact: true }).fill("2020-01-01");
  await page.getByLabel("to", { exact: true }).fill("2020-01-31");
  await expect(page.getByText("No calls in this span")).toBeVisible();
  expect(page.url()).toContain("to=2020-01-31");
  await page.reload();
  await expect(page.getByText("No calls in this span")).toBeVisible();
  await page.getByRole("radio", { name: "Custom" }).press("ArrowRight");
  await expect(page.getByRole("radio", { name: "7 days" })).toBeFocused();
  await page.getByTestId("groups").getByRole("link", { name: "reviewer" }).click();
  await expect(page.getByTestId("calls").getByRole("row")).toHaveCount(1);
  await expect(page.getByRole("combobox", { name: "Any agent" })).toContainText("Code reviewer");
});

test("budgets stand beside what is spent, and new calls are added up by themselves", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await open(page, app, "/usage");
  const line = page.getByTestId("budgets").getByRole("listitem").filter({ hasText: "Client key Zed" });
  await expect(line).toContainText("$0.00 of $0.02");
  answers(provider, "Yes.", 120_000, 10);
  await call(app, keys.zed, "Hi");
  await expect(line).toContainText("$0.018006 of $0.02");
  await expect(line).toContainText("nearly used up");
  await expect(page.getByTestId("totals")).toContainText("$0.018006");
  await call(app, keys.zed, "Hi");
  await axe(page);
});

test("a budget near its end is told where one is, once, and leads to Usage", async ({ page, app, provider }) => {
  const keys = await programs(app, provider);
  await open(page, app, "/agents");
  answers(provider, "Yes.", 120_000, 10);
  await call(app, keys.zed, "Hi");
  await expect(page.getByText("Budget nearly used up: Client key Zed")).toBeVisible();
  await expect(page.getByText("$0.018006 of $0.02 · ")).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Open Usage" }).click();
  await expect(page).toHaveURL(/#\/usage/);
  await expect(page.getByText("Budget nearly used up")).toBeHidden();
});

import { axe, expect, open, test } from "../support/test.ts";
import { call } from "../support/program.ts";

interface Key {
  name: string;
  icon: string | null;
  budgets: unknown[];
  rpm: number | null;
  concurrency: number | null;
  session_budget: number | null;
  aliases: unknown[];
  origins: string[];
  store: string;
  raw_models: boolean;
  expires_at: number | null;
}

test("a key with every limit is made, changed, and revoked", async ({ page, app, provider, ready }) => {
  test.setTimeout(120_000);
  await open(page, app, "/connect");
  await expect(page.getByText("No client keys yet")).toBeVisible();
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog", { name: "New client key" });
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByText("Enter a name.")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Program" }).fill("nightly");
  await dialog.getByRole("textbox", { name: "Icon" }).fill("🌙");
  await dialog.getByRole("checkbox", { name: "Helper" }).check();
  await dialog.getByRole("button", { name: "Add a budget" }).click();
  await dialog.getByLabel("Amount").fill("much");
  await dialog.getByRole("button", { name: "Add a budget" }).click();
  await dialog.getByLabel("Amount").nth(1).fill("0.10");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByText("Enter an amount such as 2.50.")).toBeVisible();
  await dialog.getByLabel("Amount").first().fill("2.50");

  await dialog.getByText("How often it may ask").click();
  await dialog.getByLabel("Requests per minute").fill("60");
  await dialog.getByLabel("Calls at once").fill("4");
  await dialog.getByLabel("Budget of each session").fill("0.05");
  await dialog.getByText("What it may call").click();
  await dialog.getByLabel("It may name any provider/model").check();
  await dialog.getByRole("button", { name: "Add a name" }).click();
  await dialog.getByLabel("Model name").fill("gpt-4o");
  await dialog.getByText("Web pages and what is kept").click();
  await dialog.getByLabel("Web pages that may use it").fill("https://app.example.com/path");
  await dialog.getByRole("combobox", { name: "Expires" }).click();
  await page.getByRole("option", { name: "In 90 days" }).click();
  await axe(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByText(/Each line is an origin/)).toBeVisible();
  await dialog.getByLabel("Web pages that may use it").fill("https://app.example.com");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const secret = (await page.getByTestId("secret").locator("code").innerText()).trim();
  await axe(page);
  await page.getByRole("button", { name: "Done" }).click();
  const made = await app.control<Key>("key.get", { key: "nightly" });
  expect(made).toMatchObject({
    icon: "🌙", rpm: 60, concurrency: 4, session_budget: 50_000, raw_models: true, store: "all",
    budgets: [{ cap: 2_500_000, per: "month" }, { cap: 100_000, per: "day" }],
    aliases: [["gpt-4o", "helper"]], origins: ["https://app.example.com"],
  });
  expect(made.expires_at).toBeGreaterThan(Date.now() + 89 * 86_400_000);

  provider.say = () => ({ pieces: ["Done."], usage: { prompt_tokens: 500_000, completion_tokens: 10 } });
  expect(await call(app, secret, "gpt-4o")).toBe(200);
  const row = page.locator("[data-key=nightly]");
  await expect(row).toContainText(/\$0\.075006\s*of \$0\.10 per day/);
  await expect(row).toContainText(/\$0\.075006\s*of \$2\.50 per month/);
  await expect(row.getByRole("meter")).toHaveCount(2);
  await expect(row).toContainText(/used now/);
  await axe(page);

  await row.getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("dialog", { name: "Edit the key of nightly" });
  await expect(edit.getByRole("textbox", { name: "Icon" })).toHaveValue("🌙");
  await edit.getByRole("textbox", { name: "Program" }).fill("nightly report");
  await edit.getByRole("button", { name: "Remove this budget" }).nth(1).click();
  await edit.getByText("How often it may ask").click();
  await edit.getByLabel("Requests per minute").fill("");
  await edit.getByLabel("Tokens per minute").fill("9000000");
  await edit.getByText("Web pages and what is kept").click();
  await edit.getByRole("combobox", { name: "What is kept" }).click();
  await page.getByRole("option", { name: "Usage only" }).click();
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit).toHaveCount(0);
  expect(await app.control("key.get", { key: "nightly report" })).toMatchObject({
    rpm: null, tpm: 9_000_000, concurrency: 4, store: "none", session_budget: 50_000,
    budgets: [{ cap: 2_500_000, per: "month" }], aliases: [["gpt-4o", "helper"]], expires_at: made.expires_at,
  });
  expect(await call(app, secret), "the secret stays").toBe(200);

  const changed = page.locator('[data-key="nightly report"]');
  await changed.getByRole("button", { name: "Revoke" }).click();
  await axe(page);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  expect(await call(app, secret)).toBe(200);
  await changed.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(changed).toHaveCount(0);
  await expect(page.getByText("Revoked “nightly report”")).toBeVisible();
  expect(await call(app, secret)).toBe(401);
});

test("a failure of the app stands in the form, and nothing that was typed is lost", async ({ page, app, ready }) => {
  await open(page, app, "/connect");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog", { name: "New client key" });
  await dialog.getByRole("textbox", { name: "Program" }).fill("doomed");
  await page.route("**/control", (route) =>
    route.request().postDataJSON().command === "key.create"
      ? route.fulfill({ json: { failure: { kind: "storage_failed", message: "The disk is full.", hint: "Make room.", param: null, provider: null, retry_after_ms: null } } })
      : route.continue(),
  );
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByRole("alert")).toContainText("The disk is full.");
  await page.unroute("**/control");
  await expect(dialog.getByRole("textbox", { name: "Program" })).toHaveValue("doomed");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByTestId("secret")).toBeVisible();
});

test("a key has agents do less with their tools", async ({ page, app, ready }) => {
  await open(page, app, "/connect");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog", { name: "New client key" });
  await dialog.getByRole("textbox", { name: "Program" }).fill("page");
  await dialog.getByText("What agents may do for it").click();
  const web = dialog.getByRole("radiogroup", { name: "web_fetch" });
  await web.getByRole("radio", { name: "Asks" }).click();
  await dialog.getByRole("radiogroup", { name: "write_file" }).getByRole("radio", { name: "Never" }).click();
  await axe(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("button", { name: "Done" }).click();
  expect(await app.control("key.get", { key: "page" })).toMatchObject({
    no_tools: false, tool_caps: [{ tool: "web_fetch", rule: "ask" }, { tool: "write_file", rule: "never" }],
  });
  const row = page.locator("[data-key=page]");
  await expect(row).toContainText("2 tools limited");
  await row.getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("dialog", { name: "Edit the key of page" });
  await edit.getByText("What agents may do for it").click();
  await edit.getByRole("checkbox", { name: "Agents use no tools for this key" }).check();
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("no tools of agents");
  expect(await app.control("key.get", { key: "page" })).toMatchObject({ no_tools: true });
});

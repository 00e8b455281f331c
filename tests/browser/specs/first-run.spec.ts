import { KEY, words } from "../support/provider.ts";
import { addProvider, axe, expect, open, test } from "../support/test.ts";
import { call } from "../support/program.ts";

test("from nothing to hello with a provider: a refused key is said at once and can be corrected", async ({ page, app, provider }) => {
  test.setTimeout(120_000);
  provider.say = () => ({ pieces: words("Hello, I am **here**.") });
  await open(page, app);
  await expect(page.getByRole("heading", { name: "Where should answers come from?" })).toBeVisible();
  await axe(page);

  await page.getByRole("radio", { name: /A provider with a key/ }).click();
  await page.getByRole("combobox", { name: "Provider", exact: true }).click();
  await page.getByRole("option", { name: "Another one" }).click();
  await page.getByLabel("Base URL").fill(provider.baseUrl);
  await page.getByLabel("Key", { exact: true }).fill("sk-wrong-key-000000");
  await page.getByRole("button", { name: "Add and test" }).click();
  await expect(page.getByText("The provider was added, but does not work yet.")).toBeVisible();
  await axe(page);

  await page.getByLabel("Key", { exact: true }).fill(KEY);
  await page.getByRole("button", { name: "Add and test" }).click();
  await expect(page.getByRole("heading", { name: "What should your first agent do?" })).toBeVisible();

  await page.getByRole("radio", { name: /Explainer/ }).click();
  await expect(page.getByLabel("Instructions")).toHaveValue(/You explain things/);
  await expect(page.getByLabel("Model")).toHaveValue("gpt-4o-mini");
  await axe(page);
  await page.getByRole("button", { name: "Create agent" }).click();

  // a window that is closed here goes on here
  await expect(page.getByRole("heading", { name: "Say hello to Explainer" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Say hello to Explainer" })).toBeVisible();
  await page.getByRole("button", { name: /An agent/ }).click();
  await expect(page.getByRole("heading", { name: "What should your first agent do?" })).toBeVisible();
  await page.getByRole("button", { name: /Say hello/ }).click();

  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("Your endpoint is ready")).toBeVisible();
  await expect(page.getByRole("strong").getByText("here")).toBeVisible();
  await expect(page.getByTestId("base-url")).toHaveText(app.baseUrl);
  expect(provider.asked.at(-1)?.messages[0]?.content).toContain("You explain things");

  await page.getByRole("tab", { name: "curl" }).click();
  await page.getByRole("button", { name: "Create key for curl" }).click();
  const snippet = page.getByTestId("snippet");
  await expect(snippet).not.toContainText("YOUR_KEY");
  const secret = /sk-ink-[\w-]+/.exec(await snippet.innerText())?.[0] ?? "";
  await expect(page.getByTestId("probe")).toContainText("Waiting for the first request…");
  expect(await call(app, secret, "explainer", "Hi", "curl/8.5.0")).toBe(200);
  await expect(page.getByTestId("probe")).toContainText("curl/8.5.0 called Explainer: it works");
  await axe(page);
  await page.getByRole("button", { name: "Go to the chat" }).click();
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Hello, I am");
  await page.reload();
  await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
});

test("the first steps are gone through by keys alone", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  await open(page, app);
  const sources = page.getByRole("radiogroup", { name: "Where should answers come from?" });
  await expect(sources).toBeVisible();
  const on = () => sources.getByRole("radio", { checked: true });
  // Tab comes to the one that holds, and to no other
  await expect(sources.locator("[role=radio][tabindex='0']")).toHaveCount(1);
  await on().focus();
  const count = await sources.getByRole("radio").count();
  for (let step = 0; step < count && !(await on().innerText()).startsWith("OpenAI"); step++) {
    await page.keyboard.press("ArrowDown");
    await expect(on()).toBeFocused();
  }
  await expect(on()).toContainText("OpenAI");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Continue" })).toBeFocused();
  await page.keyboard.press("Enter");

  const starts = page.getByRole("radiogroup", { name: "What should your first agent do?" });
  await expect(starts).toBeVisible();
  const first = starts.getByRole("radio").first();
  await first.focus();
  await page.keyboard.press("ArrowUp");
  await expect(starts.getByRole("radio").last()).toBeFocused();
  await expect(starts.getByRole("radio").last()).toBeChecked();
  await page.keyboard.press("ArrowRight");
  await expect(first).toBeChecked();
  // in a field the arrow keys are the field's
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Instructions")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByLabel("Instructions")).toBeFocused();
  await expect(first).toBeChecked();
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Model")).toHaveValue("gpt-4o-mini");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Create agent" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: /^Say hello to/ })).toBeVisible();
});

test("an answer that fails is asked for again on the spot", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  await open(page, app);
  await page.getByRole("radio", { name: /OpenAI/ }).first().click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Create agent" }).click();
  provider.say = () => ({ pieces: [], status: 400 });
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert")).toContainText("fails on purpose");
  await expect(page.getByText("Your endpoint is ready")).toHaveCount(0);
  provider.say = () => ({ pieces: words("Here after all.") });
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Here after all.")).toBeVisible();
  await expect(page.getByText("Your endpoint is ready")).toBeVisible();
});

test("the first steps can be skipped, and are not forced upon a second start", async ({ page, app, ready }) => {
  await open(page, app);
  await expect(page.getByRole("navigation", { name: "Screens" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
});

test("hello with the starter model", async ({ page, app }) => {
  test.setTimeout(180_000);
  const { starter } = await app.control<{ starter: { state: string } }>("app.status");
  expect(starter.state, "scripts/fetch-starter.sh fetches the weights").toBe("ready");
  await open(page, app);
  await expect(page.getByText("a very small model to see everything work")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Create agent" }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("Say hello.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByText("Your endpoint is ready")).toBeVisible({ timeout: 150_000 });
});

test.describe("without the starter's weights", () => {
  test.use({ env: { INGLENOOK_MODELS_DIR: "/dev/null/models" } });

  test("size, origin and licence stand before the download, which nothing begins by itself", async ({ page, app }) => {
    await open(page, app);
    await expect(page.getByRole("button", { name: /^Download 98\.4 MB$/ })).toBeVisible();
    await expect(page.getByText("Apache-2.0")).toBeVisible();
    await expect(page.getByRole("definition").filter({ hasText: "98.4 MB" })).toBeVisible();
    expect(await app.control("settings.get")).toMatchObject({ starter_consent: false });
    // the folder cannot be made, so that the download fails, also where there is a network
    await page.getByRole("button", { name: /^Download/ }).click();
    await expect(page.getByRole("alert")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
    if (process.env.PHOTOGRAPHS) await page.screenshot({ path: `${process.env.PHOTOGRAPHS}/starter-failed.png` });
  });
});

test.describe("with a vault under a passphrase", () => {
  test.use({ env: { INGLENOOK_PASSPHRASE: "correct horse battery staple" } });

  test("that it is locked is said on every screen; only the right passphrase opens it", async ({ page, app, provider, ready }) => {
    await app.control("vault.lock");
    await open(page, app);
    await expect(page.getByText("The vault is locked, so providers")).toBeVisible();
    await page.getByRole("link", { name: "Unlock" }).click();
    const passphrase = page.getByLabel("Passphrase");
    await passphrase.fill("wrong");
    await page.getByRole("button", { name: "Unlock" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await passphrase.fill("correct horse battery staple");
    await page.getByRole("button", { name: "Unlock" }).click();
    await expect(page.getByText("The vault is open.")).toBeVisible();
    await expect(page.getByText("The vault is locked, so providers")).toHaveCount(0);
  });
});

test("who is elsewhere before the first steps are known to be due stays there", async ({ page, app }) => {
  let release = () => {};
  const held = new Promise<void>((done) => (release = done));
  await page.route("**/control", async (route) => {
    if (route.request().postDataJSON()?.command === "app.status") await held;
    await route.continue();
  });
  await page.goto(app.webUrl);
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  await page.evaluate(() => { location.hash = "/settings"; });
  release();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  // only the status knows the version
  await expect(page.getByText(/^Inglenook \d/).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Skip setup" })).toHaveCount(0);
  await expect(page).toHaveURL(/#\/settings/);
});

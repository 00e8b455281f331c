import { KEY } from "../support/provider.ts";
import { addProvider, axe, expect, makeAgent, open, test } from "../support/test.ts";

test("a provider's refused key is shown step by step; another key mends it; removing asks first", async ({ page, app, provider }) => {
  await open(page, app);
  await page.getByRole("button", { name: "Skip setup" }).click();
  await page.keyboard.press("Control+3");
  await expect(page.getByText("No providers yet")).toBeVisible();
  await page.getByRole("button", { name: "Add provider" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Provider", exact: true }).click();
  await page.getByRole("option", { name: "Another one" }).click();
  await dialog.getByLabel("Base URL").fill(provider.baseUrl);
  await dialog.getByLabel("Short name").fill("house");
  await dialog.getByLabel("Key", { exact: true }).fill("sk-not-the-right-one");
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog.getByRole("alert")).toContainText("does not work yet");
  await expect(dialog.locator("[data-step=key]")).toContainText("Failed");
  await expect(dialog.locator("[data-step=tools]")).toContainText("Not tried");
  await expect(dialog).not.toContainText("sk-not-the-right-one");
  await axe(page);
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog).toHaveCount(0);
  const row = page.locator("[data-provider=house]");
  await expect(row).toContainText(`key …${KEY.slice(-4)}`);
  expect(await page.content()).not.toContain(KEY);
  await row.getByRole("button", { name: /More for/ }).click();
  await page.getByRole("menuitem", { name: "Remove provider" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No providers yet")).toBeVisible();
});

test("more settings of a custom provider: its name, its authority, that it only streams", async ({ page, app, provider, ready }) => {
  await open(page, app, "/providers");
  await page.getByRole("button", { name: "Add provider" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Provider", exact: true }).click();
  await page.getByRole("option", { name: "Another one" }).click();
  await dialog.getByLabel("Base URL").fill(`${provider.baseUrl}?api-version=7`);
  await dialog.getByLabel("Short name").fill("house");
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "More settings" }).click();
  await dialog.getByLabel(/^Name/).fill("House model");
  await dialog.getByLabel("It only streams").check();
  await dialog.getByLabel("Longest answer, in seconds").fill("90");
  const pem = { name: "house.pem", mimeType: "", buffer: Buffer.from("nothing like a certificate") };
  await dialog.getByLabel("Certificate authority").setInputFiles(pem);
  await expect(dialog.getByText("house.pem")).toBeVisible();
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog.getByRole("alert")).toContainText(/certificate/i);
  await dialog.getByRole("button", { name: "Remove house.pem" }).click();
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("[data-provider=house]")).toContainText("House model");
  const all = await app.control<object[]>("provider.list");
  expect(all.find((one) => (one as { id: string }).id === "house")).toMatchObject({
    name: "House model",
    quirks: { streams_only: true },
    timeouts: { overall_s: 90 },
    transport: { base_url: expect.stringContaining("api-version=7") },
  });
});

test("a provider says how it stands, by its last calls", async ({ page, app, provider, ready, expectedErrors }) => {
  await open(page, app, "/providers");
  const row = page.locator("[data-provider=openai]");
  await expect(row.locator("[data-state]")).toHaveText("Not used recently");
  const ask = async () => {
    const { session } = await app.control<{ session: string }>("chat.send", { agent: "helper", text: "Hi" });
    await expect
      .poll(async () => (await app.control<{ messages: { state: string }[] }>("session.get", { session })).messages.at(-1)?.state)
      .not.toBe("streaming");
  };
  await ask();
  await expect(row.locator("[data-state]")).toHaveText("Works");
  await expect(row.getByRole("img", { name: /Last call, first word after/ })).toBeVisible();
  provider.say = () => ({ pieces: [], status: 500 });
  await ask();
  await expect(row.locator("[data-state]")).toHaveText(/Failing|Resting/);
  await expect(row.getByRole("img", { name: /failed/ })).toBeVisible();
  await row.getByRole("button", { name: /OpenAI/ }).first().click();
  await expect(row.getByText(/Failed now|left alone/)).toBeVisible();
  await axe(page);

  provider.say = () => ({ pieces: ["Hi"] });
  await row.getByRole("button", { name: "Test", exact: true }).click();
  for (const step of ["reachable", "key", "models", "call", "stream"]) {
    await expect(row.locator(`[data-step=${step}]`)).toContainText("OK");
  }
  await expect(row.locator("[data-step=tools]")).toContainText("Needs attention");
});

test("a key is replaced, taken away and given again", async ({ page, app, provider, ready }) => {
  await open(page, app, "/providers");
  const row = page.locator("[data-provider=openai]");
  const choose = async (name: string) => {
    await row.getByRole("button", { name: /More for/ }).click();
    await page.getByRole("menuitem", { name, exact: true }).click();
  };
  await choose("Change key");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(`ends in ${KEY.slice(-4)}`);
  await dialog.getByLabel("Key", { exact: true }).fill("sk-test-another-one-9999");
  await dialog.getByRole("button", { name: "Save and test" }).click();
  await expect(row.locator("[data-step=key]")).toContainText("Failed");
  await expect(row).toContainText("key …9999");
  await choose("Remove key");
  await expect(dialog).toContainText("one agent cannot answer");
  await dialog.getByRole("button", { name: "Remove key" }).click();
  await expect(row.locator("[data-state]")).toHaveText("Key missing");
  await expect(row).not.toContainText("9999");
  await row.getByRole("button", { name: "Give key" }).click();
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "Save and test" }).click();
  await expect(row.locator("[data-step=call]")).toContainText("OK");
});

test("models are found, and a price of one's own holds until it is given up", async ({ page, app, provider, ready }) => {
  provider.models = ["gpt-4o-mini", "gpt-4o", ...Array.from({ length: 300 }, (_, at) => `house-model-${at}`)];
  await open(page, app, "/providers");
  const row = page.locator("[data-provider=openai]");
  await row.getByRole("button", { name: /OpenAI/ }).first().click();
  const table = row.getByRole("table");
  await expect(table.getByRole("row").filter({ hasText: "gpt-4o-mini" })).toContainText("$0.15 / $0.60");
  expect(await table.getByRole("row").count()).toBeLessThan(60);
  await row.getByLabel("Find a model of OpenAI").fill("house 299");
  await expect(table.getByRole("row")).toHaveCount(2);
  await expect(table).toContainText("unknown");
  await row.getByLabel("Find a model of OpenAI").fill("gpt-4o-mini");
  await row.getByRole("button", { name: "Price of gpt-4o-mini" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Input", { exact: true })).toHaveValue("0.15");
  await dialog.getByLabel("Input", { exact: true }).fill("much");
  await dialog.getByRole("button", { name: "Save price" }).click();
  await expect(dialog.getByText("Enter an amount such as 2.50.")).toBeVisible();
  await dialog.getByLabel("Input", { exact: true }).fill("3");
  await dialog.getByLabel("Output", { exact: true }).fill("12.5");
  await dialog.getByRole("button", { name: "Save price" }).click();
  await expect(page.getByText("Price saved")).toBeVisible();
  await expect(table).toContainText("yours");
  await expect(table).toContainText("$3.00 / $12.50");
  expect(await app.control("price.list")).toMatchObject([{ target: "openai/gpt-4o-mini", price: { input: 3_000_000, output: 12_500_000 } }]);
  await row.getByRole("button", { name: "Price of gpt-4o-mini" }).click();
  await dialog.getByRole("button", { name: "Use the published price" }).click();
  await expect(table).toContainText("$0.15 / $0.60");
  await axe(page);
});

test("a provider that agents need is not removed; they are named", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  await makeAgent(app, "helper", "Helper");
  await makeAgent(app, "spare", "Spare", { target: "openai/gpt-4o", fallbacks: ["openai/gpt-4o-mini"] });
  await open(page, app, "/providers");
  const row = page.locator("[data-provider=openai]");
  await row.getByRole("button", { name: /More for/ }).click();
  await page.getByRole("menuitem", { name: "Remove provider" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("2 agents answer from OpenAI");
  await expect(dialog.getByRole("button", { name: "Remove" })).toHaveCount(0);
  await dialog.getByRole("link", { name: /Spare/ }).click();
  await expect(page.getByRole("heading", { name: "Spare" })).toBeVisible();
});

test("a server of this machine is offered and added with one press", async ({ page, app, provider, ready }) => {
  // usual ports are everybody's on this machine, so what listens there is told here
  await page.route("**/control", async (route) => {
    const asked = route.request().postDataJSON() as { command: string };
    if (asked.command !== "provider.detect") return route.continue();
    const server = { kind: "lmstudio", name: "LM Studio", base_url: provider.baseUrl, models: ["gpt-4o-mini"], needs_key: true };
    await route.fulfill({ json: { ok: [server] } });
  });
  await open(page, app, "/providers");
  const offered = page.locator("[data-detected=lmstudio]");
  await expect(offered).toContainText("gpt-4o-mini");
  await offered.getByRole("button", { name: "Add" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Add LM Studio");
  await dialog.getByLabel("Key", { exact: true }).fill(KEY);
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.locator("[data-provider=lmstudio]")).toBeVisible();
});

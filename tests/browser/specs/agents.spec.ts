import { axe, expect, makeAgent, open, test } from "../support/test.ts";

interface Agent {
  id: string;
  revision: number;
  name: string;
  instructions: string;
  target: string;
  fallbacks: string[];
  icon?: { glyph?: string; colour: string };
  params: { temperature: number | null; seed: number | null; stop?: string[] };
  locked: string[];
  budgets: { cap: number; per: string }[];
  limits: { rpm: number | null };
}

test("a starting agent is made one's own, saved, changed, and gone back to", async ({ page, app, provider, ready }) => {
  await open(page, app, "/agents");
  await page.getByRole("button", { name: "New agent" }).click();
  await axe(page);
  await page.getByRole("button", { name: /Editor/ }).click();
  await expect(page.getByLabel("Short name", { exact: true })).toHaveValue("editor");
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("openai/gpt-4o-mini");
  expect(await app.control<Agent[]>("agent.list")).toHaveLength(1);

  await page.getByLabel("Name", { exact: true }).fill("Release notes");
  await page.getByLabel("Short name", { exact: true }).fill("release-notes");
  await page.getByLabel("Instructions", { exact: true }).fill("Write release notes.\nBe brief.");
  await expect(page.getByTestId("tokens")).toHaveText(/about 8 tokens/);
  await page.getByLabel("Temperature", { exact: true }).fill("9");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect(page.getByText("A number from 0 to 2.", { exact: true })).toBeVisible();
  await expect(page.getByText("One field needs a correction")).toBeVisible();
  await expect(page.getByLabel("Temperature", { exact: true })).toBeFocused();
  await page.getByLabel("Temperature", { exact: true }).fill("0.3");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect(page.getByRole("heading", { name: "Release notes" })).toBeVisible();
  await expect(page.getByRole("link", { name: /Release notes/ })).toHaveAttribute("aria-current", "page");

  await page.getByLabel("Instructions", { exact: true }).fill("Write release notes.\nBe very brief.");
  await page.keyboard.press("Control+s");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  const revisions = page.getByRole("region", { name: "Revisions" });
  await revisions.getByRole("button", { name: /Instructions/ }).click();
  await expect(revisions.getByText("Be brief.")).toBeVisible();
  await expect(revisions.getByText("Be very brief.")).toBeVisible();
  await axe(page);
  await revisions.getByRole("button", { name: "Restore" }).click();
  await expect(page.getByLabel("Instructions", { exact: true })).toHaveValue("Write release notes.\nBe brief.");
  const agent = await app.control<Agent>("agent.get", { agent: "release-notes" });
  expect(agent).toMatchObject({ revision: 3, params: { temperature: 0.3 }, icon: { glyph: "pen", colour: "plum" } });

  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(page.getByRole("link", { name: /Release notes/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("link", { name: /Release notes/ })).toBeVisible();
});

test("every section of the form is saved as it was said", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  await page.getByRole("button", { name: "Change the icon" }).click();
  await page.getByRole("button", { name: "Bug", exact: true }).click();
  await page.getByRole("button", { name: "Moss", exact: true }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More parameters" }).click();
  await page.getByLabel("Seed", { exact: true }).fill("7");
  await page.getByLabel("Stop sequences", { exact: true }).fill("END\nSTOP");
  await page.getByRole("button", { name: /^Lock Seed/ }).click();
  await expect(page.getByText("Win over the agent's, except Seed.")).toBeVisible();
  await page.getByRole("combobox", { name: "A program's instructions" }).click();
  await page.getByRole("option", { name: "Are ignored" }).click();
  await page.getByLabel("Per day", { exact: true }).fill("1.50");
  await page.getByLabel("Per month", { exact: true }).fill("20");
  await page.getByLabel("Calls per minute", { exact: true }).fill("30");
  await page.getByLabel("Whole answer", { exact: true }).fill("60");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({
    revision: 2,
    icon: { glyph: "bug", colour: "moss" },
    params: { seed: 7, stop: ["END", "STOP"] },
    locked: ["seed"],
    instructions_merge: "ignore",
    budgets: [
      { cap: 1_500_000, per: "day" },
      { cap: 20_000_000, per: "month" },
    ],
    limits: { rpm: 30 },
    timeouts: { overall_s: 60 },
  });
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
});

test("a model is found by typing, and fallbacks have an order", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const model = page.getByRole("combobox", { name: "Model" });
  await model.click();
  const options = page.getByRole("option");
  await expect(options).toHaveCount(2);
  await expect(options.filter({ hasText: "gpt-4o-mini" })).toContainText("$0.15 / $0.60");
  await model.fill("gpt-4o");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(model).toHaveValue("openai/gpt-4o");
  await expect(page.getByText(/tokens of context/)).toBeVisible();

  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("combobox", { name: "Fallback 1" }).fill("openai/first");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("combobox", { name: "Fallback 2" }).fill("openai/second");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Move fallback 2 up" }).click();
  await expect(page.getByRole("combobox", { name: "Fallback 1" })).toHaveValue("openai/second");
  await page.getByRole("combobox", { name: "Fallback 1" }).press("Alt+ArrowDown");
  await expect(page.getByRole("combobox", { name: "Fallback 2" })).toHaveValue("openai/second");
  await expect(page.getByRole("combobox", { name: "Fallback 2" })).toBeFocused();
  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("button", { name: "Remove fallback 3" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({
    target: "openai/gpt-4o",
    fallbacks: ["openai/first", "openai/second"],
  });
});

test("two editors of one agent: the second is told, and decides", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await instructions.fill("Mine.");
  const theirs = await app.control<object>("agent.get", { agent: "helper" });
  await app.control("agent.update", { agent: "helper", draft: draftOf(theirs, "Theirs."), revision: 1 });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Someone changed this agent while you were editing it.")).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Theirs.", revision: 2 });
  await page.getByRole("button", { name: "Load the newer version" }).click();
  await expect(instructions).toHaveValue("Theirs.");
  await instructions.fill("Both.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Both.", revision: 3 });
});

test("an unchanged form follows a change from elsewhere", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await expect(instructions).toHaveValue("You help.");
  const theirs = await app.control<object>("agent.get", { agent: "helper" });
  await app.control("agent.update", { agent: "helper", draft: draftOf(theirs, "From elsewhere."), revision: null });
  await expect(instructions).toHaveValue("From elsewhere.");
});

test("what is typed is kept until it is saved or discarded", async ({ page, app, ready }) => {
  await makeAgent(app, "other", "Other");
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await instructions.fill("Half a thought");
  await expect(page.getByRole("contentinfo").or(page.locator("form footer")).getByText("Not saved")).toBeVisible();
  await page.getByRole("link", { name: /Other/ }).click();
  await expect(instructions).toHaveValue("You help.");
  await expect(page.getByRole("link", { name: /Helper/ })).toContainText("Not saved");
  await page.keyboard.press("Control+1");
  await page.goBack();
  await page.getByRole("link", { name: /Helper/ }).click();
  await expect(instructions).toHaveValue("Half a thought");
  await expect(page.getByText("These changes were kept from your last visit.")).toBeVisible();
  await instructions.fill("Half a thought more");
  await page.reload();
  await expect(instructions).toHaveValue("Half a thought more");
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "You help.", revision: 1 });
  await page.getByRole("button", { name: "Discard changes" }).click();
  await expect(instructions).toHaveValue("You help.");
  await page.reload();
  await expect(instructions).toHaveValue("You help.");

  // a new one as well
  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByRole("button", { name: "Begin empty" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Begun");
  await page.getByRole("link", { name: /Other/ }).click();
  await page.getByRole("link", { name: /Begun/ }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Begun");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("link", { name: /Begun/ })).toHaveCount(0);
  expect(await app.control<Agent[]>("agent.list")).toHaveLength(2);
});

test("an agent leaves as a file, comes back from one, and is duplicated", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  await page.getByRole("button", { name: "More", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as a file" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("helper.toml");
  const path = await file.path();

  await page.getByRole("button", { name: "New agent" }).click();
  await page.getByLabel("Agent file").setInputFiles({ name: "x.toml", mimeType: "", buffer: Buffer.from("name = 7") });
  await expect(page.getByText(/This is not an agent/).first()).toBeVisible();
  await page.getByLabel("Agent file").setInputFiles(path);
  await expect(page.getByLabel("Short name", { exact: true })).toHaveValue("helper-2");
  await expect(page.getByLabel("Instructions", { exact: true })).toHaveValue("You help.");
  expect(await app.control<Agent[]>("agent.list")).toHaveLength(1);
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect(page.getByRole("heading", { name: "Helper", exact: true })).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper-2" })).toMatchObject({ instructions: "You help." });

  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Duplicate" }).click();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue("Helper copy");
  await expect(page.getByLabel("Short name", { exact: true })).toHaveValue("helper-2-2");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect.poll(() => app.control<Agent[]>("agent.list")).toHaveLength(3);
});

test("without agents the screen is the gallery", async ({ page, app, provider, ready }) => {
  await app.control("agent.delete", { agent: "helper" });
  await open(page, app);
  await page.getByRole("button", { name: "Skip setup" }).click();
  await page.keyboard.press("Control+2");
  await expect(page.getByRole("heading", { name: "No agents yet" })).toBeVisible();
  await page.getByRole("button", { name: "Assistant" }).click();
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("openai/gpt-4o-mini");
  await page.getByRole("button", { name: "Create agent" }).click();
  await expect.poll(() => app.control<Agent[]>("agent.list")).toMatchObject([{ slug: "assistant", target: "openai/gpt-4o-mini" }]);
});

/** An agent's draft with other instructions: what an agent has beside its draft is not sent back. */
function draftOf(agent: object, instructions: string): object {
  const { id: _id, revision: _revision, created_at: _made, updated_at: _changed, ...draft } = agent as Record<string, unknown>;
  return { ...draft, instructions };
}

test("several files are shown first, and made together or not at all", async ({ page, app, ready }) => {
  await open(page, app, "/agents/new");
  const text = (slug: string, instructions: string) =>
    Buffer.from(`slug = "${slug}"\nname = "${slug}"\ntarget = "openai/gpt-4o-mini"\ninstructions = "${instructions}"\n`);
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: "", buffer });
  const chosen = [
    file("helper.toml", text("helper", "Help otherwise.")),
    file("writer.toml", text("writer", "Write.")),
  ];
  const input = page.getByLabel("Agent file");
  await input.setInputFiles([...chosen, file("wrong.toml", Buffer.from("name = 7"))]);
  const dialog = page.getByRole("dialog", { name: "Import 3 files" });
  await expect(dialog.getByText(/This is not an agent/)).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Import", exact: true })).toBeDisabled();
  await axe(page);
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await input.setInputFiles(chosen);
  const both = page.getByRole("dialog", { name: "Import 2 files" });
  await expect(both.getByText("stays as it is")).toBeVisible();
  await both.getByRole("radio", { name: "Update" }).click();
  await expect(both.getByText("new revision")).toBeVisible();
  expect(await app.control<Agent[]>("agent.list"), "nothing yet").toHaveLength(1);
  await both.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByText("2 agents imported")).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Help otherwise.", revision: 2 });
  expect(await app.control("agent.get", { agent: "writer" })).toMatchObject({ instructions: "Write." });
});

test("an agent says what it is for, and a save of something else keeps it", async ({ page, app, ready }) => {
  await open(page, app, "/agents/helper");
  await page.getByLabel("What it is for").fill("Helps with everything.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true }).first()).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ description: "Helps with everything." });
  await page.getByLabel("Instructions", { exact: true }).fill("Help more.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({
    description: "Helps with everything.", instructions: "Help more.",
  });
});

test("a variable is put where the cursor stands, and filled in for the model", async ({ page, app, provider, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await instructions.fill("You are .");
  await instructions.press("End");
  await instructions.press("ArrowLeft");
  await page.getByRole("button", { name: "{{agent}}" }).click();
  await expect(instructions).toHaveValue("You are {{agent}}.");
  await instructions.press("ControlOrMeta+z");
  await expect(instructions, "it can be undone").toHaveValue("You are .");
  await page.getByRole("button", { name: "{{agent}}" }).click();

  await instructions.press("End");
  await instructions.pressSequentially(" Greet {{name}}.");
  await expect(page.getByText("{{name}} is not known and is sent as it stands.")).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect.poll(async () => (await app.control<Agent>("agent.get", { agent: ready.agent })).revision).toBe(2);
  await app.control("chat.send", { agent: ready.agent, text: "Hi" });
  await expect.poll(() => provider.asked.at(-1)?.messages[0]?.content).toBe("You are Helper. Greet {{name}}.");
});

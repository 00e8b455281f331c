import type { App } from "../support/app.ts";
import type { Provider } from "../support/provider.ts";
import { axe, expect, makeAgent, open, test } from "../support/test.ts";

interface Saved {
  agent: string;
  based_on: number | null;
  draft: { slug: string; instructions: string };
}

const drafts = (app: App) => app.control<Saved[]>("agent.draft_list");

/** What a program that calls the agent has its model told. */
async function told(app: App, provider: Provider, key: string, model: string): Promise<unknown> {
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }] }),
  });
  await response.text();
  return response.status === 200 ? provider.asked.at(-1)?.messages[0]?.content : response.status;
}

test("programs have the revision while there is a draft, and the draft when it is published", async ({ page, app, provider, ready }) => {
  const { secret: key } = await app.control<{ secret: string }>("key.create", { name: "Editor" });
  await makeAgent(app, "other", "Other");
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  const helper = page.getByRole("link", { name: /Helper/ });
  const line = page.getByRole("region", { name: "Draft" });
  await expect(page.getByRole("button", { name: "Save draft" })).toBeDisabled();
  await instructions.fill("Help in rhyme.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved", { exact: true })).toBeVisible();
  await expect(line).toContainText("Programs have revision 1.");
  await expect(helper).toContainText("Draft");
  await expect(page.getByRole("link", { name: /Other/ })).not.toContainText("Draft");
  await expect(page.locator("form footer").getByText("Not saved")).toHaveCount(0);
  expect(await told(app, provider, key, "helper")).toBe("You help.");
  expect(await told(app, provider, key, "helper@draft")).toBe(404);
  expect(await told(app, provider, key, "helper@2")).toBe(404);

  // what is typed on top is kept by the window, and Ctrl+S saves it into the draft
  await instructions.fill("Help in rhyme, and briefly.");
  await page.reload();
  await expect(instructions).toHaveValue("Help in rhyme, and briefly.");
  await expect(line).toBeVisible();
  await page.keyboard.press("Control+s");
  await expect.poll(() => drafts(app)).toMatchObject([{ based_on: 1, draft: { instructions: "Help in rhyme, and briefly." } }]);
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "You help.", revision: 1 });

  // a fresh window opens on the draft
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await expect(instructions).toHaveValue("Help in rhyme, and briefly.");
  await line.getByRole("button", { name: "Compare" }).click();
  await expect(line.getByText("You help.")).toBeVisible();
  await expect(line.getByText("Help in rhyme, and briefly.")).toBeVisible();
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Published as revision 2")).toBeVisible();
  await expect(line).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Save", exact: true })).toBeDisabled();
  expect(await drafts(app)).toEqual([]);
  expect(await told(app, provider, key, "helper")).toBe("Help in rhyme, and briefly.");
  expect(await told(app, provider, key, "helper@1")).toBe("You help.");
});

test("a draft is discarded, and brought back", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  const line = page.getByRole("region", { name: "Draft" });
  await instructions.fill("Otherwise.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(line).toBeVisible();
  await axe(page);
  await line.getByRole("button", { name: "Discard draft" }).click();
  await expect(page.getByText("Draft discarded")).toBeVisible();
  await expect(instructions).toHaveValue("You help.");
  await expect(line).toHaveCount(0);
  await expect(page.getByRole("link", { name: /Helper/ })).not.toContainText("Draft");
  expect(await drafts(app)).toEqual([]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(instructions).toHaveValue("Otherwise.");
  await expect(line).toContainText("Programs have revision 1.");
  expect(await drafts(app)).toMatchObject([{ agent: ready.agent, based_on: 1, draft: { instructions: "Otherwise." } }]);
});

test("a revision that came meanwhile is not published over unseen", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await instructions.fill("Mine.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Draft saved", { exact: true })).toBeVisible();
  const { id: _id, revision: _revision, created_at: _made, updated_at: _changed, ...draft } = await app.control<Record<string, unknown>>("agent.get", { agent: "helper" });
  await app.control("agent.update", { agent: "helper", draft: { ...draft, instructions: "Theirs." }, revision: 1 });
  await expect(page.getByText("It was begun from revision 1.")).toBeVisible();
  await expect(instructions).toHaveValue("Mine.");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Someone changed this agent while you were editing it.")).toBeVisible();
  expect(await app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Theirs.", revision: 2 });
  await page.getByRole("button", { name: "Load the newer version" }).click();
  await expect(instructions).toHaveValue("Theirs.");
  await instructions.fill("Both.");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect.poll(() => app.control("agent.get", { agent: "helper" })).toMatchObject({ instructions: "Both.", revision: 3 });
  expect(await drafts(app)).toEqual([]);
});

test("a draft that was saved elsewhere is shown, and not overwritten unseen", async ({ page, app, ready }) => {
  await open(page, app, `/agents/${ready.agent}`);
  const instructions = page.getByLabel("Instructions", { exact: true });
  await expect(instructions).toHaveValue("You help.");
  const { id: _id, revision: _revision, created_at: _made, updated_at: _changed, ...draft } = await app.control<Record<string, unknown>>("agent.get", { agent: "helper" });
  const elsewhere = (text: string) => app.control("agent.draft_save", { agent: "helper", draft: { ...draft, instructions: text } });
  await elsewhere("From the command line.");
  await expect(instructions).toHaveValue("From the command line.");
  await instructions.fill("Typed here.");
  await elsewhere("From there again.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByText("Someone changed this agent while you were editing it.")).toBeVisible();
  expect(await drafts(app)).toMatchObject([{ draft: { instructions: "From there again." } }]);
  await page.getByRole("button", { name: "Overwrite" }).click();
  await expect.poll(() => drafts(app)).toMatchObject([{ draft: { instructions: "Typed here." } }]);
  await expect(page.locator("form footer").getByText("Not saved")).toHaveCount(0);
});

test("an agent is begun as a draft, and is nobody's until it is published", async ({ page, app, provider, ready }) => {
  const { secret: key } = await app.control<{ secret: string }>("key.create", { name: "Editor" });
  await open(page, app, "/agents/new");
  await page.getByRole("button", { name: "Begin empty" }).click();
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("openai/gpt-4o-mini");
  await page.getByLabel("Name", { exact: true }).fill("Scribe");
  await page.getByLabel("Instructions", { exact: true }).fill("Write.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(page.getByRole("heading", { name: "Scribe" })).toBeVisible();
  await expect(page.getByText(/Programs cannot use it before it is published\./)).toBeVisible();
  await expect(page.getByRole("link", { name: /Scribe/ })).toContainText("Draft");
  expect(await app.control<unknown[]>("agent.list")).toHaveLength(1);
  expect(await told(app, provider, key, "scribe")).toBe(404);

  await page.getByRole("region", { name: "Draft" }).getByRole("button", { name: "Discard draft" }).click();
  await expect(page.getByRole("link", { name: /Scribe/ })).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name: /Scribe/ }).click();
  await expect(page.getByLabel("Instructions", { exact: true })).toHaveValue("Write.");
  await page.getByLabel("Instructions", { exact: true }).fill("Write well.");
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(page.getByText("Published as revision 1")).toBeVisible();
  await expect(page.getByRole("button", { name: "Chat", exact: true })).toBeVisible();
  expect(await told(app, provider, key, "scribe")).toBe("Write well.");
  expect(await drafts(app)).toEqual([]);
});

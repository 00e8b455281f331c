// What an agent remembers, and the files that it looks things up in: from nothing to used, in its editor.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { axe, expect, open, say, test } from "../support/test.ts";

test("an agent is given files to look things up in, and a memory that can be edited and forgotten", async ({ page, app, ready }) => {
  const folder = mkdtempSync(join(tmpdir(), "inglenook-notes-"));
  writeFileSync(join(folder, "tea.md"), "# Tea\n\nGreen tea with lemon.\n");
  writeFileSync(join(folder, "broken.docx"), "no archive");
  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  const knowledge = page.getByRole("region", { name: "Knowledge", exact: true });
  await knowledge.getByRole("button", { name: "Add files" }).click();
  await knowledge.getByLabel("Name").fill("notes");
  await knowledge.getByLabel("Folder or file").fill("not/a/whole/path");
  await knowledge.getByLabel("Folder or file").press("Enter");
  await expect(knowledge.getByRole("alert")).not.toBeEmpty();
  await knowledge.getByLabel("Folder or file").fill(folder);
  await knowledge.getByLabel("Folder or file").press("Enter");
  await expect(knowledge.getByRole("checkbox")).toBeChecked();
  await expect(knowledge).toContainText("1 file");
  const memory = page.getByRole("region", { name: "Memory", exact: true });
  await memory.getByRole("radio", { name: "In the window" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Not saved")).toHaveCount(0);
  const saved = await app.control<{ knowledge: string[]; memory: { mode: string } }>("agent.get", { agent: "helper" });
  expect([saved.knowledge, saved.memory.mode]).toEqual([["notes"], "window"]);

  await app.control("memory.add", { agent: "helper", text: "The cat is called Ash." });
  const row = memory.getByRole("listitem");
  await expect(row).toContainText("The cat is called Ash.");
  await row.getByRole("button", { name: "Change" }).click();
  await row.getByLabel("What it remembers").fill("The cat is called Ember.");
  await row.getByRole("button", { name: "Save", exact: true }).click();
  await expect(row).toContainText("Ember");
  await axe(page);
  await row.getByRole("button", { name: "Forget" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row).toContainText("Ember");

  await knowledge.getByText("1 file could not be read").click();
  await expect(knowledge).toContainText(join(folder, "broken.docx"));
  await axe(page);

  await open(page, app);
  await say(page, "What is the cat called?");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  await answer.getByText("Remembered 1 thing").click();
  await expect(answer.getByTestId("remembered")).toContainText("The cat is called Ember.");
  await expect(answer.getByTestId("remembered")).toContainText("cat");
  await axe(page);
  const [call] = (await app.control<{ calls: Array<{ id: string }> }>("call.list", {})).calls;
  await open(page, app, `/activity/${call?.id}`);
  await expect(page.getByRole("region", { name: "What was remembered" })).toContainText("The cat is called Ember.");

  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  await knowledge.getByRole("button", { name: "Remove notes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(knowledge.getByRole("checkbox")).toBeChecked();
  await knowledge.getByRole("button", { name: "Remove notes" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect.poll(() => app.control("knowledge.list", {})).toEqual([]);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(knowledge.getByRole("checkbox")).toHaveCount(0);
  rmSync(folder, { recursive: true });
});

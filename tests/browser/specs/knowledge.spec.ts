// What an agent remembers, and the files that it looks things up in: from nothing to used, in its editor.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addProvider, axe, expect, makeAgent, open, say, test } from "../support/test.ts";

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
  await expect(row).toContainText("For the window");
  await row.getByRole("button", { name: "Change" }).click();
  await row.getByRole("combobox", { name: "Whose calls hear of it" }).click();
  await page.getByRole("option", { name: "For everybody" }).click();
  await row.getByRole("button", { name: "Save", exact: true }).click();
  await expect(row).toContainText("For everybody");
  await axe(page);
  await row.getByRole("button", { name: "Forget" }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row).toContainText("Ember");
  await row.getByRole("button", { name: "Forget" }).click();
  await memory.getByText("1 forgotten thing").click();
  const forgotten = memory.getByRole("list", { name: "Forgotten" });
  await expect(forgotten).toContainText("For everybody");
  await axe(page);
  await forgotten.getByRole("button", { name: "Bring back" }).click();
  await expect(forgotten).toHaveCount(0);
  await expect(row).toContainText("Ember");
  await memory.getByRole("button", { name: "Add a memory" }).click();
  await memory.getByLabel("Something it should remember").fill("Tea is at four.");
  await memory.getByRole("button", { name: "Remember", exact: true }).click();
  await expect(row).toHaveCount(2);
  await expect(row.filter({ hasText: "Tea is at four." })).toContainText("For the window");
  const download = page.waitForEvent("download");
  await memory.getByRole("button", { name: "Export" }).click();
  const exported = JSON.parse(readFileSync(await (await download).path(), "utf8"));
  expect(exported.memories.map(({ text }: { text: string }) => text).sort()).toEqual(["Tea is at four.", "The cat is called Ember."]);
  await row.filter({ hasText: "Tea is at four." }).getByRole("button", { name: "Forget" }).click();
  await expect(row).toHaveCount(1);

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

test("a citation in an answer opens the place in the file that was read", async ({ page, app, provider }) => {
  const folder = mkdtempSync(join(tmpdir(), "inglenook-notes-"));
  const chapter = (n: number) => `## Chapter ${n}\n\n${`Nothing of chapter ${n} matters here.\n`.repeat(12)}\n`;
  for (const [name, word] of [["work", "cardamom"], ["play", "liquorice"]]) {
    mkdirSync(join(folder, name as string));
    const before = [1, 2, 3].map(chapter).join("");
    writeFileSync(join(folder, name as string, "README.md"), `${before}## Spices\n\nIt smells of ${word}.\n\n${chapter(4)}`);
  }
  await app.control("knowledge.add", { name: "notes", paths: [join(folder, "work"), join(folder, "play")] });
  const standing = () => app.control<{ files: number; looking: boolean }>("knowledge.status", { name: "notes" });
  await expect.poll(async () => (await standing()).files).toBe(2);
  await addProvider(app, provider);
  await makeAgent(app, "helper", "Helper", { knowledge: ["notes"] });
  let cited = "";
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role !== "tool")
      return { pieces: [], calls: [{ id: "call_1", name: "search_knowledge", arguments: { query: "smells of cardamom" } }] };
    cited = /\[(work\/README\.md:[\d-]+)\] Spices/u.exec(String(last.content))?.[1] ?? "";
    return { pieces: [`Of cardamom [${cited}], and not [elsewhere.md:1-2].`] };
  };
  await open(page, app);
  await say(page, "What does it smell of?");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  const sources = answer.getByRole("list", { name: "Sources" });
  await expect(sources.getByRole("listitem")).toHaveCount(1);
  await axe(page);
  await sources.getByRole("button").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("heading")).toHaveText(cited);
  await expect(dialog).toContainText(join(folder, "work", "README.md"));
  const marked = dialog.locator("mark");
  await expect(marked).toContainText(["## Spices", "", "It smells of cardamom."]);
  await expect(marked.first()).toBeInViewport();
  await expect(dialog.getByTestId("document")).toContainText("Chapter 3");
  await expect(dialog).not.toContainText("liquorice");
  await axe(page);
  if (process.env.INGLENOOK_SHOTS) await page.screenshot({ path: `${process.env.INGLENOOK_SHOTS}/citation.png` });
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  // the other file of that name is another place, also where the tool gave it
  await answer.getByText("search_knowledge").click();
  const passages = answer.getByRole("list", { name: "Passages found" });
  await passages.getByRole("button", { name: /^play\/README\.md:[\d-]+ Spices$/ }).click();
  await expect(dialog.locator("mark")).toContainText(["## Spices", "", "It smells of liquorice."]);
  await page.keyboard.press("Escape");
  await axe(page);
  if (process.env.INGLENOOK_SHOTS) await page.screenshot({ path: `${process.env.INGLENOOK_SHOTS}/sources.png` });

  // what is no longer there is said
  rmSync(join(folder, "work", "README.md"));
  await expect.poll(async () => (await standing()).files).toBe(1);
  await sources.getByRole("button").click();
  await expect(dialog.getByRole("alert")).not.toBeEmpty();
  await page.keyboard.press("Escape");

  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  const knowledge = page.getByRole("region", { name: "Knowledge", exact: true });
  await knowledge.getByText("Look something up").click();
  await knowledge.getByLabel("Look up in notes").fill("zebra crossing");
  await knowledge.getByLabel("Look up in notes").press("Enter");
  await expect(knowledge).toContainText("Nothing was found");
  await knowledge.getByLabel("Look up in notes").fill("liquorice");
  await knowledge.getByRole("button", { name: "Find" }).click();
  const found = knowledge.getByRole("list", { name: "Passages found" });
  await found.getByRole("button").first().click();
  await expect(dialog.locator("mark")).toContainText(["## Spices", "", "It smells of liquorice."]);
  await axe(page);
  await page.keyboard.press("Escape");

  await expect(knowledge).toContainText("Found by words.");
  const roots = knowledge.getByRole("list", { name: "Folders and files of notes" });
  await roots.getByRole("button", { name: `Take ${join(folder, "work")} out` }).click();
  await expect(roots.getByRole("listitem")).toHaveText([join(folder, "play")]);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(roots.getByRole("listitem")).toHaveCount(2);
  rmSync(folder, { recursive: true });
});

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { addProvider, makeAgent, open, say, test } from "../support/test.ts";

const OUT = process.env.PHOTOGRAPHS ?? "../../target/photographs";
mkdirSync(OUT, { recursive: true });

test("agents that act", async ({ page, app, provider }) => {
  const shot = async (of: Page, name: string) => {
    await of.waitForTimeout(300);
    for (const theme of ["light", "dark"]) {
      await of.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
      await of.waitForTimeout(200);
      await of.screenshot({ path: `${OUT}/${name}-${theme}.png` });
    }
    await of.evaluate(() => { document.documentElement.dataset.theme = "light"; });
  };
  const folder = join(mkdtempSync(join(tmpdir(), "inglenook-")), "notes");
  mkdirSync(folder);
  writeFileSync(join(folder, "plan.md"), "# Plan\n\nBuild a fire.\n");
  await addProvider(app, provider);
  await app.control("knowledge.add", { name: "notes", paths: [folder] });
  await makeAgent(app, "librarian", "Librarian", {
    tools: [{ tool: "read_file", rule: "always" }, { tool: "write_file", rule: "ask" }, { tool: "run_command", rule: "ask" }, { tool: "web_fetch", rule: "ask" }],
    folders: [{ path: folder, write: true }],
    knowledge: ["notes"],
    memory: { mode: "window", recall: null },
  });
  await app.control("memory.add", { agent: "librarian", text: "Answers in British spelling, please." });
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role !== "tool") return { pieces: ["Let me see."], calls: [{ id: "call_1", name: "read_file", arguments: { path: "plan.md" } }] };
    if (String(last.content).includes("fire"))
      return { pieces: ["I will write that down."], calls: [{ id: "call_2", name: "write_file", arguments: { path: "summary.md", content: "# Summary\n\nA fire is built first; then one sits down.\n" } }] };
    return { pieces: ["Done."] };
  };
  await open(page, app);
  await say(page, "Sum up the plan in a file.");
  const card = page.locator("details", { hasText: "write_file" });
  await card.waitFor();
  await page.getByRole("button", { name: "Review…" }).first().waitFor();
  await shot(page, "approval-in-chat");
  // as a page of its own: in a popup headless Chromium does not draw variable fonts
  const popup = await page.context().newPage();
  const { href, hash } = new URL(app.webUrl);
  await popup.goto(new URL(`approvals.html${hash}`, href).href);
  await popup.setViewportSize({ width: 520, height: 600 });
  await popup.getByRole("heading", { level: 1 }).waitFor();
  await popup.waitForTimeout(1800);
  await shot(popup, "approval");
  await popup.close();
  await page.evaluate(() => { location.hash = "/agents"; });
  await page.getByRole("link", { name: /Librarian/ }).click();
  await page.getByRole("region", { name: "Tools", exact: true }).scrollIntoViewIfNeeded();
  await shot(page, "agent-tools");
  await page.getByRole("region", { name: "Knowledge", exact: true }).scrollIntoViewIfNeeded();
  await shot(page, "agent-memory");
  await page.evaluate(() => { location.hash = "/settings"; });
  await page.getByRole("link", { name: "Servers of tools" }).or(page.getByRole("button", { name: "Servers of tools" })).first().click();
  await shot(page, "settings-servers");
});

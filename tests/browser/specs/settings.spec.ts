import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { axe, expect, open, test } from "../support/test.ts";

const part = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test("the endpoint is paused for programs and answers again", async ({ page, app, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "editor" });
  const ask = () =>
    fetch(`${app.baseUrl}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "Hello" }] }),
    });
  await open(page, app, "/settings");
  const endpoint = part(page, "Endpoint");
  await endpoint.getByRole("button", { name: "Pause" }).click();
  await expect(endpoint).toContainText("Paused: programs are told to wait");
  const refused = await ask();
  expect(refused.status).toBe(503);
  expect((await refused.json()).error.code).toBe("endpoint_paused");
  await endpoint.getByRole("button", { name: "Resume" }).click();
  await expect(endpoint).toContainText("Answering programs");
  expect((await ask()).status).toBe(200);
});

test("who was turned away is told, and calling without a key is asked twice", async ({ page, app, ready }) => {
  const models = `${app.baseUrl}/models`;
  await fetch(models, { headers: { authorization: "Bearer sk-ink-nobodys" } });
  await fetch(models);
  await open(page, app, "/settings");
  const exposure = part(page, "Who has access");
  await expect(exposure.getByRole("row", { name: /Unknown, revoked or expired key/ })).toContainText("1");
  await expect(exposure.getByRole("row", { name: /No client key/ })).toContainText("1");
  await expect(exposure).toContainText(/127\.0\.0\.1:\d+/);

  await exposure.getByRole("button", { name: "Allow them" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  expect((await fetch(models)).status).toBe(401);
  await exposure.getByRole("button", { name: "Allow them" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Allow them" }).click();
  await expect(exposure).toContainText("Every program may call without a key");
  expect((await fetch(models)).status).toBe(200);
  await exposure.getByRole("button", { name: "Refuse them" }).click();
  await expect(exposure).toContainText("Programs without a key are refused");
  expect((await fetch(models)).status).toBe(401);
});

test("starting at login and notifications are switched, and kept", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const general = part(page, "General");
  const choose = async (name: string, value: string) => {
    await general.getByRole("combobox", { name }).click();
    await page.getByRole("option", { name: value, exact: true }).click();
    await expect(general.getByRole("combobox", { name })).toContainText(value);
  };
  await choose("Start at login", "On");
  await choose("Notifications", "Off");
  const kept = () => app.control<{ notifications: string; start_at_login: boolean }>("settings.get", {});
  await expect.poll(kept).toMatchObject({ notifications: "off", start_at_login: true });
  await choose("Start at login", "Off");
  await expect.poll(kept).toMatchObject({ notifications: "off", start_at_login: false });
});

test("caps are typed, kept and taken away", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const spending = part(page, "Spending");
  const month = spending.getByRole("textbox", { name: "At most, each month" });
  await month.fill("twelve");
  await expect(spending).toContainText("Enter an amount such as 2.50.");
  await expect(spending.getByRole("button", { name: "Save" })).toHaveCount(0);
  await month.fill("12.5");
  await month.press("Enter");
  await expect.poll(() => app.control("settings.get", {})).toMatchObject({ budgets: [{ cap: 12_500_000, per: "month" }] });
  await expect(month).toHaveValue("12.50");
  await page.reload();
  await expect(month).toHaveValue("12.50");
  await month.fill("");
  await spending.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => app.control("settings.get", {})).toMatchObject({ budgets: [] });
});

test("a backup is made, verified, and staged to be restored, which can be taken back", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const data = part(page, "Data");
  await data.getByRole("button", { name: "Back up now" }).click();
  await expect(data.getByRole("listitem")).toContainText("Backup 1");
  await data.getByRole("button", { name: "Verify" }).click();
  await expect(data.getByText(/Backup 1 is intact: .* 0 sessions, 0 calls\./)).toBeVisible();
  await data.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(data.getByText("The backup replaces the database at the next start.")).toBeVisible();
  await data.getByRole("button", { name: "Undo" }).click();
  await expect(data.getByText(/At the next start/)).toHaveCount(0);
});

test("everything is exported, and deleted only by saying so", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const data = part(page, "Data");
  await data.getByRole("button", { name: "Export" }).click();
  const file = data.getByText(/exports.*\.jsonl$/);
  const text = await readFile((await file.textContent()) ?? "", "utf8");
  expect(text).toContain('"table":"agents"');

  await data.getByRole("button", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog");
  const act = dialog.getByRole("button", { name: "Delete everything" });
  await expect(act).toBeDisabled();
  await dialog.getByRole("textbox").fill("delete");
  await expect(act).toBeDisabled();
  await dialog.getByRole("textbox").fill("delete everything");
  await act.click();
  await expect(data.getByText("Everything is deleted at the next start.")).toBeVisible();
  expect(await app.control<unknown[]>("agent.list", {})).toHaveLength(1);
  await data.getByRole("button", { name: "Undo" }).click();
  await expect(data.getByText(/At the next start/)).toHaveCount(0);
});

test("licences can be read and searched", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  await part(page, "About").getByRole("button", { name: "Show" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Find" }).fill("axum");
  await expect(dialog.getByRole("row", { name: /^axum \d/ })).toContainText("MIT");
});

test("the settings are accessible", async ({ page, app, ready }) => {
  await app.control("backup.create", {});
  await open(page, app, "/settings");
  await expect(part(page, "Data").getByRole("listitem")).toBeVisible();
  await axe(page);
});

test("going to a part scrolls the page and never the window", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  await part(page, "Health").getByText("Database").waitFor();
  const names = page.getByRole("navigation", { name: "Parts of the settings" });
  await names.getByRole("button", { name: "About" }).click();
  await expect(part(page, "About")).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollTop)).toBe(0);
  await expect(page.getByRole("link", { name: "Chat", exact: true })).toBeInViewport();
});

test("updates are the desktop app's, and said to be nobody's here", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const updates = part(page, "Updates");
  await expect(updates).toContainText("This build has no update channel.");
  await expect(updates.getByRole("button")).toHaveCount(0);
  expect(await app.control("settings.get")).toMatchObject({ check_for_updates: false });
});

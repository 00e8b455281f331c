// Who reaches the app, and where its keys lie: the local network, another port, another vault.

import type { Page } from "@playwright/test";
import { addProvider, axe, expect, makeAgent, open, test } from "../support/test.ts";

const part = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const SCREENS = ["/", "/agents", "/providers", "/connect", "/activity", "/usage", "/settings"];
const BANNER = "Other machines in the local network can reach the endpoint";

interface Status {
  endpoint: { port: number; base_url: string };
  lan: { state: string; port?: number; fingerprint?: string; opened_at?: number; until?: number };
  vault: { kind: string; state: string };
}

test("the local network is opened for a time, says so on every screen, and is closed", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const exposure = part(page, "Who has access");
  await exposure.getByRole("button", { name: "Open …" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("This needs a client key, and there is none yet.");
  await expect(dialog.getByRole("button", { name: "Open to the network" })).toBeDisabled();
  await axe(page);
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await app.control("key.create", { name: "tablet" });
  await page.reload();
  await exposure.getByRole("button", { name: "Open …" }).click();
  await dialog.getByRole("radio", { name: "1 hour" }).click();
  // a port that somebody has is said in the dialog, and nothing is opened
  const port = dialog.getByRole("textbox", { name: "Port of its own" });
  await port.fill("12");
  await expect(dialog).toContainText("Enter a number from 1024 to 65535.");
  await port.fill(new URL(app.baseUrl).port);
  await dialog.getByRole("button", { name: "Open to the network" }).click();
  await expect(dialog.getByRole("alert")).toContainText("Inglenook uses port");
  await expect(page.getByText(BANNER)).toHaveCount(0);
  await port.fill(String(20_000 + (app.pid % 9_000)));
  await dialog.getByRole("button", { name: "Open to the network" }).click();
  await expect(dialog).toHaveCount(0);

  const { lan } = await app.control<Status>("app.status");
  expect(lan.state).toBe("open");
  expect((lan.until ?? 0) - (lan.opened_at ?? 0)).toBe(3_600_000);
  await expect(exposure).toContainText("Open to the local network");
  await expect(exposure).toContainText(lan.fingerprint ?? "-");
  await expect(exposure).toContainText(`:${lan.port}/v1`);
  await expect(exposure).toContainText(/\d+ min \d+ s left/);
  await axe(page);
  for (const screen of SCREENS) {
    await page.evaluate((route) => { location.hash = route; }, screen);
    await expect(page.getByText(BANNER)).toBeVisible();
  }
  await page.reload();
  await expect(page.getByText(BANNER)).toBeVisible();
  expect(app.cli(["endpoint", "lan", "status"])).toContain(lan.fingerprint ?? "-");

  await page.getByRole("status").filter({ hasText: BANNER }).getByRole("button", { name: "Close now" }).click();
  await expect(page.getByText(BANNER)).toHaveCount(0);
  await expect(exposure).toContainText("Only this machine can connect.");
  expect((await app.control<Status>("app.status")).lan).toEqual({ state: "off" });
});

test("what is opened from the command line is told at once, and ends by itself", async ({ page, app, ready }) => {
  await app.control("key.create", { name: "tablet" });
  await open(page, app, "/usage");
  app.cli(["endpoint", "lan", "on", "--for", "3s", "--port", "0"]);
  await expect(page.getByText(BANNER)).toBeVisible();
  await expect(page.getByText(BANNER)).toHaveCount(0, { timeout: 10_000 });
});

test("another port holds at once, and a taken one changes nothing", async ({ page, app, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "editor" });
  const models = (base: string) => fetch(`${base}/models`, { headers: { authorization: `Bearer ${secret}` } });
  await open(page, app, "/settings");
  const endpoint = part(page, "Endpoint");
  const field = endpoint.getByRole("textbox", { name: "Port", exact: true });
  const web = new URL(app.webUrl).port;
  await field.fill(web);
  await field.press("Enter");
  const said = page.getByRole("region", { name: "Notifications" });
  await expect(said.getByText(`Port ${web} is taken by another program.`)).toBeVisible();
  expect((await models(app.baseUrl)).status).toBe(200);

  const next = String(29_000 + (app.pid % 3_000));
  await field.fill(next);
  await field.press("Enter");
  await expect(said.getByText(`The endpoint is now at port ${next}`)).toBeVisible();
  await expect(endpoint).toContainText(`http://127.0.0.1:${next}/v1`);
  expect((await models(`http://127.0.0.1:${next}/v1`)).status).toBe(200);
  await expect(models(app.baseUrl)).rejects.toThrow();
  await expect(part(page, "Who has access")).toContainText(`127.0.0.1:${next}`);
});

test.describe("a passphrase vault", () => {
  // nobody's own keychain is asked
  test.use({ env: { INGLENOOK_PASSPHRASE: "first words", DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" } });

  test("keys cannot go to a keychain that is not there, and stay", async ({ page, app, provider }) => {
    await addProvider(app, provider);
    await makeAgent(app, "helper", "Helper");
    await open(page, app, "/settings");
    const vault = part(page, "Vault");
    await expect(vault).toContainText("The vault is open.");
    await vault.getByRole("button", { name: "Move keys …" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("radio", { name: "System keychain" })).toBeChecked();
    await dialog.getByRole("button", { name: "Move keys" }).click();
    await expect(dialog.getByRole("alert")).toBeVisible();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect((await app.control<Status>("app.status")).vault).toEqual({ kind: "passphrase", state: "available" });
    const tested = await app.control<{ checks: { name: string; state: string }[] }>("provider.test", { id: "openai" });
    expect(tested.checks.find(({ name }) => name === "key")?.state).toBe("ok");
  });
});

test("keys are moved to a passphrase vault, and the result is told", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const vault = part(page, "Vault");
  await vault.getByRole("button", { name: "Move keys …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Passphrase" }).click();
  const move = dialog.getByRole("button", { name: "Move keys" });
  await expect(move).toBeDisabled();
  await dialog.getByRole("textbox", { name: "New passphrase" }).fill("quiet hearth");
  await dialog.getByRole("textbox", { name: "Once more" }).fill("quiet heart");
  await expect(dialog.getByRole("alert")).toContainText("The two do not match.");
  await expect(move).toBeDisabled();
  await axe(page);
  await dialog.getByRole("textbox", { name: "Once more" }).fill("quiet hearth");
  await move.click();
  await expect(vault).toContainText("1 key was moved: openai");
  await expect(vault).toContainText("The vault is open.");
  expect((await app.control<Status>("app.status")).vault).toEqual({ kind: "passphrase", state: "available" });
  expect(await app.control("settings.get")).toMatchObject({ vault: "passphrase" });
  await vault.getByRole("button", { name: "Lock" }).click();
  await expect(vault.getByRole("button", { name: "Move keys …" })).toBeDisabled();
  await vault.getByLabel("Passphrase").fill("quiet hearth");
  await vault.getByRole("button", { name: "Unlock" }).click();
  await expect(vault).toContainText("The vault is open.");
});

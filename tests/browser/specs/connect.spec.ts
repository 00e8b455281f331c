import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { axe, expect, makeAgent, open, test } from "../support/test.ts";
import { call } from "../support/program.ts";

const TOOLS = [
  "curl", "OpenAI SDK for Python", "OpenAI SDK for Node", "LangChain", "llm", "Continue", "Cline", "Zed", "aider",
  "opencode", "Codex", "Claude Code", "VS Code", "JetBrains AI Assistant", "Open WebUI", "goose", "MCP clients",
];

test("every program's text has the real address, the chosen agent and a key made on the spot", async ({ page, app, ready }) => {
  await makeAgent(app, "reviewer", "Code reviewer");
  await open(page, app, "/connect");
  const snippet = page.getByTestId("snippet");
  await page.getByRole("combobox", { name: "Agent" }).click();
  await page.getByRole("option", { name: /Code reviewer/ }).click();
  for (const name of TOOLS) {
    await page.getByRole("tab", { name, exact: true }).click();
    await expect(snippet).toContainText(app.baseUrl.replace("/v1", ""));
    if (name !== "Open WebUI" && name !== "MCP clients") await expect(snippet).toContainText("reviewer");
  }
  await page.getByRole("tab", { name: "OpenAI SDK for Python" }).click();
  await expect(snippet).toContainText("YOUR_KEY");
  await page.getByRole("button", { name: "Create key for OpenAI SDK for Python" }).click();
  await expect(snippet).not.toContainText("YOUR_KEY");
  const secret = /sk-ink-[\w-]+/.exec(await snippet.innerText())?.[0] ?? "";
  expect(await call(app, secret, "reviewer")).toBe(200);
  expect(await call(app, secret, "helper"), "the key is for that agent alone").not.toBe(200);

  // it is known on this screen alone
  await page.keyboard.press("Control+1");
  await page.keyboard.press("Control+4");
  await page.getByRole("combobox", { name: "Key" }).click();
  await page.getByRole("option", { name: /OpenAI SDK for Python/ }).click();
  await expect(snippet).toContainText("YOUR_KEY");
  await expect(page.getByText("so it cannot be shown again")).toBeVisible();
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.documentElement.innerHTML]));
  expect(kept).not.toContain(secret);
});

test("the probe turns green with what arrived, and says why others were refused", async ({ page, app, provider, ready }) => {
  await open(page, app, "/connect");
  const probe = page.getByTestId("probe");
  await expect(probe).toContainText("Waiting for the first request…");
  expect(await call(app, "sk-ink-nobodys")).toBe(401);
  await expect(probe.getByTestId("refused")).toContainText("1 attempt was refused. Its key is unknown");
  await expect(probe.getByTestId("refused")).toContainText("POST /v1/chat/completions");
  await expect(probe).toContainText("Waiting for the first request…");
  await axe(page);

  await page.getByRole("tab", { name: "curl" }).click();
  await page.getByRole("button", { name: "Create key for curl" }).click();
  await expect(page.getByTestId("snippet")).not.toContainText("YOUR_KEY");
  const secret = /sk-ink-[\w-]+/.exec(await page.getByTestId("snippet").innerText())?.[0] ?? "";
  expect(await call(app, secret, "helper", "Hi", "OpenAI/Python 2.8.1")).toBe(200);
  await expect(probe).toHaveAttribute("data-state", "arrived");
  await expect(probe).toContainText("OpenAI/Python 2.8.1 called Helper: it works");
  await expect(probe.getByText("curl", { exact: true })).toBeVisible();
  await expect(probe).toContainText("Answered in");
  await axe(page);

  await probe.getByRole("button", { name: "Wait for another request" }).click();
  await expect(probe).toHaveAttribute("data-state", "waiting");
  provider.say = () => ({ pieces: [], status: 400 });
  await call(app, secret);
  await expect(probe).toContainText("and it failed");
  await expect(probe).toContainText("The test provider fails on purpose.");
});

test("a program's own file is written as it was shown, and the old one is kept", async ({ page, app, ready }) => {
  const file = await app.homeFile(".codex/config.toml", "# mine\nmodel = \"o\"\n");
  await open(page, app, "/connect");
  await page.getByRole("tab", { name: "Codex" }).click();
  await page.getByRole("button", { name: "Write the settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the settings of Codex?" });
  await expect(dialog.getByRole("region", { name: "The change" })).toContainText("+[model_providers.inglenook]");
  await axe(page);
  expect(await file.read(), "only looked at").not.toContain("inglenook");

  await file.write("# changed meanwhile\n");
  await dialog.getByRole("button", { name: "Write the file" }).click();
  await expect(dialog.getByRole("alert")).toContainText("was changed since");
  expect(await file.read()).toBe("# changed meanwhile\n");
  await dialog.getByRole("button", { name: "Try again" }).click();
  await expect(dialog.getByRole("alert")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Write the file" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText(/Codex is set up/)).toBeVisible();
  expect(await file.read()).toContain(app.baseUrl);
  await page.getByRole("button", { name: "Write the settings" }).click();
  await expect(page.getByText("The file already says so")).toBeVisible();
});

test("a port that is taken is said before it is kept", async ({ page, app, ready }) => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => other.once("listening", done));
  const taken = (other.address() as AddressInfo).port;
  await open(page, app, "/connect");
  await page.getByRole("button", { name: "Change port" }).click();
  const dialog = page.getByRole("dialog", { name: "Change the port" });
  const port = dialog.getByLabel("Port");
  await port.fill("80");
  await expect(dialog.getByRole("button", { name: "Use this port" })).toBeDisabled();
  await port.fill(String(taken));
  await dialog.getByRole("button", { name: "Use this port" }).click();
  await expect(dialog.getByRole("alert")).toContainText(`Port ${taken} is taken`);
  await axe(page);
  other.close();
  await dialog.getByRole("button", { name: "Use this port" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByTestId("base-url")).toHaveText(`http://127.0.0.1:${taken}/v1`);
  expect((await fetch(`http://127.0.0.1:${taken}/health`)).status, "at once").toBe(200);
  expect(await app.control("settings.get")).toMatchObject({ port: taken });
});

test("at twice the size nothing is cut off, and everything is in reach", async ({ page, app, ready }) => {
  // what remains of 900 x 600 at 200 %
  await page.setViewportSize({ width: 450, height: 300 });
  await app.control("key.create", { name: "Zed", budgets: [{ cap: 1_000_000, per: "day" }] });
  await open(page, app, "/connect");
  await page.getByTestId("snippet").waitFor();
  const wide = await page.evaluate(() => {
    const main = document.querySelector("main");
    return main === null ? -1 : main.scrollWidth - main.clientWidth;
  });
  expect(wide, "nothing scrolls sideways but code").toBe(0);
  await page.getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Revoke" })).toBeInViewport();
});

test("that programs need no key is said loudly, and can be ended", async ({ page, app, ready }) => {
  await app.control("settings.set", { no_key_on_loopback: true });
  await open(page, app, "/connect");
  await expect(page.getByRole("alert")).toContainText("Any program on this machine can call without a key");
  await expect(page.locator("[data-key]").filter({ hasText: "Programs without a key" })).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Require keys" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);
  expect(await app.control("settings.get")).toMatchObject({ no_key_on_loopback: false });
});

test("without an agent there is nothing to connect, and the way to one", async ({ page, app }) => {
  await open(page, app);
  await page.getByRole("button", { name: "Skip setup" }).click();
  await page.keyboard.press("Control+4");
  await expect(page.getByText("Programs call agents, and there is none yet")).toBeVisible();
  await axe(page);
  await page.getByRole("button", { name: "Create an agent" }).click();
  await expect(page.getByRole("button", { name: "Begin empty" })).toBeVisible();
});

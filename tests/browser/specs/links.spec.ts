// SEC-28: a link shows everything and does nothing, until a button is pressed that nobody presses by accident.

import type { Page } from "@playwright/test";
import type { App } from "../support/app.ts";
import { axe, expect, open, test } from "../support/test.ts";

const AGENT = `slug = "imported"
name = "Imported"
target = "openai/gpt-4o-mini"
instructions = "Say \u202ereverse\u200b.\\nThen stop."

[params]
temperature = 0.3

[[budgets]]
cap = 5000000
per = "day"
`;

const link = (kind: string, values: Record<string, string>) => `inglenook://${kind}?${new URLSearchParams(values)}`;
const offer = (app: App, text: string) => app.control("link.offer", { link: text });
const saved = async (app: App) =>
  JSON.stringify(await Promise.all(["agent.list", "provider.list", "settings.get"].map((name) => app.control(name))));
const dialog = (page: Page) => page.getByRole("dialog");

test("sec_28 an agent is shown whole, and made only when the button is pressed", async ({ page, app, ready }) => {
  await open(page, app);
  const before = await saved(app);
  const make = dialog(page).getByRole("button", { name: "Create agent" });
  // when the question came, and when its button could be pressed: by the page's own clock
  await page.evaluate(() => {
    const times: Record<string, number> = {};
    Object.assign(window, { times });
    new MutationObserver(() => {
      const button = [...document.querySelectorAll("button")].find((one) => one.textContent === "Create agent");
      if (button !== undefined) times[button.disabled ? "asked" : "armed"] ??= performance.now();
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  await offer(app, link("agent", { file: AGENT }));
  await expect(dialog(page)).toContainText("Create this agent?");
  await expect(dialog(page)).toContainText("Nothing of it has been done");
  const whole = page.getByTestId("link-whole");
  await expect(whole).toContainText("Say U+202EreverseU+200B.");
  await expect(whole).toContainText("temperature = 0.3");
  await expect(whole).toContainText("5000000");
  await expect(dialog(page).getByRole("button", { name: "Cancel" })).toBeFocused();
  await axe(page);
  expect(await saved(app)).toBe(before);
  await expect(make).toBeEnabled();
  const { asked, armed } = await page.evaluate(() => (window as unknown as { times: { asked: number; armed: number } }).times);
  expect(armed - asked).toBeGreaterThan(1_450);
  await make.click();
  await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue("imported");
  const made = await app.control<{ instructions: string }>("agent.get", { agent: "imported" });
  expect(made.instructions).toBe("Say \u202ereverse\u200b.\nThen stop.");
  expect(await app.control("link.offered")).toBeNull();
});

test("sec_28 Esc, Cancel and Enter all leave everything as it was", async ({ page, app, ready }) => {
  await open(page, app);
  const before = await saved(app);
  for (const leave of [
    () => page.keyboard.press("Escape"),
    () => page.keyboard.press("Enter"),
    () => dialog(page).getByRole("button", { name: "Cancel" }).click(),
  ]) {
    await offer(app, link("agent", { file: AGENT }));
    await expect(dialog(page)).toContainText("Imported");
    // long enough that every button may be pressed
    await expect(dialog(page).getByRole("button", { name: "Create agent" })).toBeEnabled();
    await leave();
    await expect(dialog(page)).toHaveCount(0);
    await expect.poll(() => app.control("link.offered")).toBeNull();
  }
  expect(await saved(app)).toBe(before);
});

test("sec_28 a newer link takes the place of an older one and must be looked at again", async ({ page, app, ready }) => {
  await open(page, app);
  await offer(app, link("chat", { text: "first" }));
  const go = dialog(page).getByRole("button", { name: "Put it into a new chat" });
  await expect(go).toBeEnabled();
  await offer(app, link("chat", { text: "second" }));
  await expect(page.getByTestId("link-whole")).toHaveText("second");
  await expect(go).toBeDisabled();
  await expect(dialog(page).getByRole("button", { name: "Cancel" })).toBeFocused();
});

test("sec_28 ten thousand characters are shown, wrapped, with whatever hides in them", async ({ page, app, ready }) => {
  const text = `<img src=x onerror=alert(1)>\u2066${"word \u200b".repeat(1_600)}\n${"x".repeat(900)}\u{e0041}end`;
  await page.setViewportSize({ width: 900, height: 600 });
  await open(page, app);
  await offer(app, link("chat", { text }));
  const whole = page.getByTestId("link-whole");
  await expect(whole).toContainText("<img src=x onerror=alert(1)>U+2066word U+200B");
  await expect(whole).toContainText("xU+E0041end");
  const shown = (await whole.textContent()) ?? "";
  expect(shown.split("word ").length - 1).toBe(1_600);
  expect(shown.split("U+200B").length - 1).toBe(1_600);
  expect(shown.split("↵").length - 1).toBe(1);
  const size = await whole.evaluate((node) => {
    const cut = [node, ...node.querySelectorAll("*")].some((one) => {
      const style = getComputedStyle(one);
      return style.textOverflow === "ellipsis" || (style.overflow !== "visible" && one.scrollHeight > one.clientHeight);
    });
    return { cut, wide: node.scrollWidth > node.clientWidth, page: document.documentElement.scrollWidth > innerWidth };
  });
  expect(size).toEqual({ cut: false, wide: false, page: false });
  await expect(dialog(page).getByRole("button", { name: "Cancel" })).toBeInViewport();
});

test("sec_28 a message is put into the field behind what was begun, and not sent", async ({ page, app, provider, ready }) => {
  await open(page, app, "/chat");
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await field.fill("Begun before.");
  await offer(app, link("chat", { agent: "helper", text: "Asked by a link." }));
  await dialog(page).getByRole("button", { name: "Put it into a new chat" }).click();
  await expect(field).toHaveValue("Begun before.\n\nAsked by a link.");
  expect(await app.control("call.list", { limit: 5 })).toMatchObject({ calls: [] });

  await offer(app, link("chat", { agent: "nobody", text: "Hello" }));
  await expect(dialog(page)).toContainText("There is no agent of this name here.");
  await expect(dialog(page).getByRole("button", { name: "Put it into a new chat" })).toHaveCount(0);
});

test("sec_28 a provider's address is shown, and its key is asked for by the app alone", async ({ page, app, ready }) => {
  await open(page, app);
  const before = await saved(app);
  const values = { base_url: "https://models.example.test/v1", name: "Example", slug: "example", wire: "anthropic-messages" };
  await offer(app, link("provider", values));
  await expect(dialog(page)).toContainText("https://models.example.test:443/v1");
  await expect(dialog(page)).toContainText("would go to this address");
  await axe(page);
  await dialog(page).getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("textbox", { name: "Base URL" })).toHaveValue("https://models.example.test:443/v1");
  await expect(page.getByRole("textbox", { name: "Short name" })).toHaveValue("example");
  await expect(page.getByRole("combobox", { name: "Protocol" })).toContainText("Anthropic messages");
  await expect(page.getByLabel("Key", { exact: true })).toHaveValue("");
  expect(await saved(app)).toBe(before);
});

test("sec_28 a link that was opened before the window is shown by it, and a broken one is said to be", async ({ page, app, ready }) => {
  await offer(app, link("chat", { text: "Early." }));
  await page.goto(app.webUrl);
  await expect(page.getByTestId("link-whole")).toHaveText("Early.");
  await page.keyboard.press("Escape");
  await offer(app, "inglenook://run?command=id").catch(() => undefined);
  await expect(page.getByRole("alert")).toContainText("This link cannot be read");
  await expect(dialog(page).filter({ hasText: "Create" })).toHaveCount(0);
});

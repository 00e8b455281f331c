// Each test has its own app, its own provider and a page in which nothing may go wrong unnoticed.

import { test as base, expect, type Page } from "@playwright/test";
import { App } from "./app.ts";
import { KEY, Provider } from "./provider.ts";

interface Fixtures {
  /** More environment for the app. */
  env: Record<string, string>;
  app: App;
  provider: Provider;
  /** An app that has a provider and an agent `helper`. */
  ready: { agent: string };
  /** What the page asked for beyond its own origin; stays empty. */
  strayed: string[];
  /** Messages on the console that a test expects. */
  expectedErrors: RegExp[];
}

export const test = base.extend<Fixtures>({
  env: [{}, { option: true }],
  app: async ({ env }, use) => {
    const app = await App.start(env);
    await use(app);
    await app.stop();
  },
  provider: async ({}, use) => {
    const provider = await Provider.start();
    await use(provider);
    await provider.stop();
  },
  ready: async ({ app, provider }, use) => {
    await addProvider(app, provider);
    const agent = await makeAgent(app, "helper", "Helper");
    await use({ agent });
  },
  expectedErrors: async ({}, use) => use([]),
  strayed: async ({}, use) => use([]),
  page: async ({ page, app, strayed, expectedErrors }, use) => {
    const origin = new URL(app.webUrl).origin;
    const errors: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) strayed.push(request.url());
    });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("dialog", (dialog) => {
      errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await use(page);
    expect(strayed, "requests beyond the app").toEqual([]);
    expect(errors.filter((text) => !expectedErrors.some((known) => known.test(text)))).toEqual([]);
  },
});

export { axe } from "./axe.ts";
export { expect };

export async function addProvider(app: App, provider: Provider): Promise<void> {
  await app.control("provider.add", {
    id: "openai",
    kind: "openai",
    name: null,
    wire: null,
    base_url: provider.baseUrl,
    allow_http: false,
    key: KEY,
    no_key: false,
  });
}

export async function makeAgent(app: App, slug: string, name: string, more: object = {}): Promise<string> {
  const agent = await app.control<{ id: string }>("agent.create", {
    slug,
    name,
    instructions: "You help.",
    target: "openai/gpt-4o-mini",
    fallbacks: [],
    params: {},
    locked: [],
    instructions_merge: "append",
    tools_merge: "merge",
    cache: "off",
    budget: null,
    ...more,
  });
  return agent.id;
}

/** Opens the window; `at` is a route such as `/agents`. */
export async function open(page: Page, app: App, at = "/"): Promise<void> {
  await page.goto(app.webUrl);
  await page.getByRole("navigation", { name: "Screens" }).or(page.getByRole("button", { name: "Skip setup" })).waitFor();
  if (at !== "/") await page.evaluate((route) => { location.hash = route; }, at);
}

/** Writes a message and sends it; while an answer is being written it waits for that one's end. */
export async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await field.fill(text);
  await field.press("Enter");
}

/** The answer to the last question that says `text`; the answer before it is still the last one for a moment. */
export const answerTo = (page: Page, text: string) =>
  page.getByRole("article", { name: "You" }).filter({ hasText: text }).last().locator('xpath=following::article[@data-state][1]');

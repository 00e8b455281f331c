// The list of sessions: folders, whose they are, what was said in them, and very many of them.

import { expect, open, say, test } from "../support/test.ts";
import { axe } from "../support/axe.ts";

const ask = (baseUrl: string, secret: string, content: string, model = "helper") =>
  fetch(`${baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content }] }),
  }).then((response) => response.text());

test("sessions are put into folders, and listed by folder and by whose they are", async ({ page, app, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Zed" });
  await ask(app.baseUrl, secret, "From the editor");
  await open(page, app);
  await say(page, "From the window");
  await expect(page.getByRole("article", { name: "Answer" })).toHaveAttribute("data-state", "complete");
  const list = page.getByRole("complementary", { name: "Sessions" });
  await expect(list.getByRole("link")).toHaveCount(2);
  await expect(list.getByRole("img", { name: "Zed" })).toBeVisible();
  await list.getByRole("button", { name: "Yours" }).click();
  await expect(list.getByRole("link")).toHaveCount(1);
  await expect(list.getByRole("link")).toContainText("From the window");
  await list.getByRole("button", { name: "Programs" }).click();
  await expect(list.getByRole("link")).toHaveCount(1);
  await expect(list.getByRole("img", { name: "Zed" })).toBeVisible();
  await list.getByRole("button", { name: "All" }).click();

  await list.getByRole("link", { name: /From the window/ }).click({ button: "right" });
  await page.getByRole("menuitem", { name: "Move to folder…" }).click();
  await page.getByRole("textbox", { name: "New folder" }).fill("Taxes");
  await axe(page);
  await page.getByRole("button", { name: "Move", exact: true }).click();
  await expect(page.getByTestId("session-facts")).toContainText("Taxes");
  await list.getByRole("button", { name: "Folders" }).click();
  await page.getByRole("menuitem", { name: "Taxes" }).click();
  await expect(list.getByRole("link")).toHaveCount(1);
  await axe(page);
  await list.getByRole("button", { name: "Show all folders" }).click();
  await expect(list.getByRole("link")).toHaveCount(2);
});

test("a place where something was said is found, shown and opened", async ({ page, app, provider, ready }) => {
  provider.say = ({ messages }) => ({ pieces: [`Answer to ${String(messages.at(-1)?.content)}. `.repeat(30)] });
  await open(page, app);
  for (const text of ["kumquat", "second", "third", "fourth"]) {
    await say(page, `About ${text}`);
    await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText(`About ${text}`);
    await expect(page.getByRole("article", { name: "Answer" }).last()).toHaveAttribute("data-state", "complete");
  }
  const list = page.getByRole("complementary", { name: "Sessions" });
  await page.keyboard.press("Control+f");
  await page.getByRole("searchbox", { name: "Find a session" }).fill("kumq");
  const hits = list.getByRole("link");
  await expect(hits).toHaveCount(3);
  await expect(hits.first().locator("mark")).toHaveText("kumq");
  await hits.filter({ hasText: "Answer to" }).click();
  await expect(page.getByRole("article", { name: "Answer" }).filter({ hasText: "About kumquat" })).toBeInViewport();
  await axe(page);
  await page.getByRole("searchbox").fill("zeppelin");
  await expect(list).toContainText("Nothing was said about “zeppelin”.");
});

test("what is empty says what fills it", async ({ page, app, ready }) => {
  await open(page, app);
  const list = page.getByRole("complementary", { name: "Sessions" });
  await expect(list).toContainText("No sessions yet.");
  await list.getByRole("button", { name: "Programs" }).click();
  await expect(list).toContainText("No program has called yet.");
  await axe(page);
  await list.getByRole("link", { name: "Connect a program" }).click();
  await expect(page.getByRole("heading", { name: "Connect", level: 1 })).toBeVisible();
});

test("a session of ten thousand messages opens at its end, and few rows exist", async ({ page, app, ready }) => {
  const { secret } = await app.control<{ secret: string }>("key.create", { name: "Long" });
  const messages = Array.from({ length: 9_999 }, (_, at) => ({
    role: at % 2 === 0 ? "user" : "assistant",
    content: `Message number ${at + 1}. ${"It says little. ".repeat(at % 7)}`,
  }));
  await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages }),
  }).then((response) => response.text());
  await open(page, app);
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Hello there.", { timeout: 30_000 });
  await expect(page.getByText("Message number 9999.")).toBeInViewport();
  expect(await page.getByRole("article").count()).toBeLessThan(40);
  const log = page.getByRole("log");
  await log.evaluate((el) => { el.scrollTop = 0; });
  await expect(page.getByText("Message number 1.", { exact: false }).first()).toBeInViewport();
  expect(await page.getByRole("article").count()).toBeLessThan(40);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await expect(page.getByText("Message number 9999.")).toBeInViewport();

  // its end is read first: whoever goes up from there at once stays where they are when the rest arrives
  await page.reload();
  await expect(page.getByText("Message number 9999.")).toBeInViewport({ timeout: 30_000 });
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  await expect(page.locator("[data-message]:focus")).toContainText("Message number 9998.");
  await expect.poll(() => log.evaluate((el) => el.scrollHeight)).toBeGreaterThan(500_000);
  await expect(page.locator("[data-message]:focus")).toBeInViewport();

  // a place far up, with nothing of the session held
  await page.reload();
  await page.keyboard.press("Control+f");
  await page.getByRole("searchbox", { name: "Find a session" }).fill("number 4711");
  await page.getByRole("complementary", { name: "Sessions" }).getByRole("link").first().click();
  await expect(page.getByText("Message number 4711.")).toBeInViewport({ timeout: 30_000 });
});

test("a failure says where to mend it", async ({ page, app, provider, ready }) => {
  provider.say = () => ({ pieces: [], status: 401 });
  await open(page, app);
  await say(page, "Hello?");
  await expect(page.getByRole("alert")).toContainText("refused the key");
  await axe(page);
  await page.getByRole("alert").getByRole("link", { name: "Go to providers" }).click();
  await expect(page.getByRole("heading", { name: "Providers", level: 1 })).toBeVisible();
});

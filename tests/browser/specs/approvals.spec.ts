import type { Page } from "@playwright/test";
import type { App } from "../support/app.ts";
import type { Provider } from "../support/provider.ts";
import { addProvider, axe, expect, makeAgent, open, say, test } from "../support/test.ts";

const ASKING = { tools: [{ tool: "calculator", rule: "ask" }] };

/** A model that asks for the calculator once, and then says what became of it. */
function calculates(provider: Provider, expression: string): void {
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { pieces: [`Result: ${String(last.content)}`] };
    return { pieces: [], calls: [{ id: "call_1", name: "calculator", arguments: { expression } }] };
  };
}

const keyOf = async (app: App, name: string) => (await app.control<{ secret: string }>("key.create", { name })).secret;

/** A program with a key of its own that asks the agent; resolves with what it is told. */
const program = async (app: App, name: string) => asks(app, await keyOf(app, name));

async function asks(app: App, secret: string): Promise<string> {
  const asked = fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "How much is it?" }] }),
  });
  return asked.then(async (response) => ((await response.json()) as { choices: Array<{ message: { content: string } }> }).choices[0]?.message.content ?? "");
}

/** The window for approvals, as "Review…" opens it. */
async function review(page: Page): Promise<Page> {
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: "Review…" }).first().click()]);
  await popup.getByRole("heading", { level: 1 }).waitFor();
  return popup;
}

test.beforeEach(async ({ app, provider }) => {
  await addProvider(app, provider);
  await makeAgent(app, "helper", "Helper", ASKING);
});

test("sec_24 a tool waits in the thread, and is approved in a window of its own", async ({ page, app, provider }) => {
  calculates(provider, "2+2 \u202e3+3\nnext");
  await open(page, app);
  await say(page, "How much?");
  const card = page.getByRole("article", { name: "Answer" }).last();
  await expect(card).toContainText("waits for your approval");
  await axe(page);
  // the thread says it already
  await expect(page.getByText("Helper waits for your approval.")).toHaveCount(0);

  const popup = await review(page);
  await expect(popup.getByRole("button", { name: "Deny" })).toBeFocused();
  const approve = popup.getByRole("button", { name: "Approve once" });
  await expect(approve).toBeDisabled();
  const question = popup.getByTestId("question");
  await expect(question).toContainText("Helper");
  await expect(question).toContainText("calculator");
  await expect(question).toContainText("You, in the window");
  const given = popup.getByTestId("arguments");
  await expect(given).toContainText("U+202E");
  await expect(given).toContainText("2+2");
  expect(await given.innerText()).not.toContain("\u202e");
  await axe(popup);
  await expect(approve).toBeEnabled();
  const closed = popup.waitForEvent("close");
  await approve.click();
  await closed;
  await expect(page.getByRole("article", { name: "Answer" }).last()).toHaveAttribute("data-state", "complete");
});

test("sec_24 the window's own page can say no, and cannot say yes", async ({ page, app, provider }) => {
  calculates(provider, "17 * 23");
  await open(page, app);
  await say(page, "How much?");
  const card = page.getByRole("article", { name: "Answer" }).last();
  await expect(card).toContainText("waits for your approval");
  const [waiting] = await app.control<Array<{ id: string }>>("approval.list");
  for (const decision of ["once", "session", "always"]) {
    await expect(app.control("approval.answer", { approval: waiting?.id, decision })).rejects.toThrow("cannot allow");
  }
  await card.getByRole("button", { name: "Deny" }).click();
  await expect(card).toHaveAttribute("data-state", "complete");
  await expect(card.locator("summary")).toContainText("denied");
  await expect(card).toContainText("said no");
  expect(await app.control("approval.list")).toEqual([]);
  await page.reload();
  await expect(card.locator("summary")).toContainText("denied");
});

test("a program's call waits on every screen, is approved for always, and that is taken back", async ({ page, app, provider }) => {
  calculates(provider, "17 * 23");
  await open(page, app, "/agents");
  const secret = await keyOf(app, "Zed");
  const first = asks(app, secret);
  await expect(page.getByText("Helper waits for your approval.")).toBeVisible();
  await open(page, app, "/activity");
  const list = page.getByRole("region", { name: "Waiting for your approval" });
  await expect(list).toContainText("Zed");
  await expect(list).toContainText("calculator");
  await axe(page);
  const popup = await review(page);
  await expect(popup.getByTestId("question")).toContainText("Zed");
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Always exactly this" }).click();
  await closed;
  expect(await first).toContain("391");
  await expect(list).toHaveCount(0);

  // the same is not asked again of this program; of another it is
  expect(await asks(app, secret)).toContain("391");
  await open(page, app, "/activity");
  await page.getByTestId("calls").getByRole("link", { name: "Zed" }).first().click();
  await expect(page.getByTestId("uses")).toContainText("approved for always");
  await axe(page);

  await open(page, app, "/settings");
  const part = page.getByRole("region", { name: "Approvals" });
  await expect(part).toContainText('calculator {"expression":"17 * 23"}');
  await expect(part).toContainText("Zed, approved");
  const other = program(app, "aider");
  await expect(page.getByText("Helper waits for your approval.")).toBeVisible();
  await page.getByRole("button", { name: "Deny" }).click();
  expect(await other).toContain("said no");
  await part.getByRole("button", { name: /Revoke/ }).click();
  await expect(part).toContainText("Nothing is approved for always");
  const again = asks(app, secret);
  await expect(page.getByText("Helper waits for your approval.")).toBeVisible();
  await page.getByRole("button", { name: "Deny" }).click();
  expect(await again).toContain("said no");
});

test("several wait one after the other", async ({ page, app, provider }) => {
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { pieces: ["Done."] };
    return { pieces: [], calls: [{ id: "call_1", name: "calculator", arguments: { expression: String(Math.random()) } }] };
  };
  await open(page, app, "/agents");
  const calls = [program(app, "one"), program(app, "two")];
  await expect(page.getByText("2 calls wait for your approval.")).toBeVisible();
  const popup = await review(page);
  await expect(popup.getByText("1 more waits")).toBeVisible();
  await popup.getByRole("button", { name: "Deny" }).click();
  await expect(popup.getByText("1 more waits")).toHaveCount(0);
  // the next one has to be looked at as long
  await expect(popup.getByRole("button", { name: "Approve once" })).toBeDisabled();
  await popup.getByRole("button", { name: "Approve once" }).click();
  expect(await Promise.all(calls)).toEqual(["Done.", "Done."]);
});

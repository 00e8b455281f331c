import { mkdirSync } from "node:fs";
import { KEY, words } from "../support/provider.ts";
import { addProvider, makeAgent, open, say, test } from "../support/test.ts";

const OUT = process.env.PHOTOGRAPHS ?? "../../target/photographs";
mkdirSync(OUT, { recursive: true });

const ANSWER = `The race is in \`take\`: two callers can both see the entry before either removes it.

\`\`\`rust
fn take(&self, id: &CallId) -> Option<Entry> {
    let entry = self.entries.read().get(id).cloned()?; // shared lock
    self.entries.write().remove(id);                   // a second caller may be here too
    Some(entry)
}
\`\`\`

Hold one lock for both steps:

\`\`\`rust
fn take(&self, id: &CallId) -> Option<Entry> {
    self.entries.write().remove(id)
}
\`\`\`

| Case | Before | After |
|---|---|---|
| One caller | entry | entry |
| Two callers at once | **both** get it | one gets it |

1. Write a test with two threads and a barrier.
2. Run it a thousand times: it fails at once without the change.

See the [standard library's note on locks](https://doc.rust-lang.org/std/sync/struct.RwLock.html).`;

test("all screens", async ({ page, app, provider }) => {
  const shot = async (name: string) => {
    await page.waitForTimeout(250);
    await page.mouse.move(640, 3);
    for (const theme of ["light", "dark"]) {
      await page.evaluate((t) => { document.documentElement.dataset.theme = t; }, theme);
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${OUT}/${name}-${theme}.png` });
    }
    await page.evaluate(() => { document.documentElement.dataset.theme = "light"; });
  };
  const go = async (at: string) => {
    await page.evaluate((route) => { location.hash = route; }, at);
    await page.waitForTimeout(350);
  };
  await open(page, app);
  await page.waitForTimeout(400);
  await shot("welcome-model");
  await page.getByRole("radio", { name: /A provider with a key/ }).click();
  await shot("welcome-provider");
  for (const at of ["agents", "providers", "connect", "usage", "settings", "chat"]) {
    await go(`/${at}`);
    await shot(`empty-${at}`);
  }
  await addProvider(app, provider);
  await go("/welcome");
  await page.getByRole("radio", { name: /OpenAI Already|Already added/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForTimeout(400);
  await shot("welcome-agent");
  await page.getByRole("button", { name: "Create agent" }).click();
  await page.waitForTimeout(300);
  provider.say = () => ({ pieces: words("Hello. I answer questions, explain code and help you to write, as briefly as the question allows."), usage: { prompt_tokens: 92, completion_tokens: 21 } });
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByTestId("ready").waitFor();
  await shot("welcome-hello");

  await makeAgent(app, "reviewer", "Code reviewer", { instructions: "You review code as an experienced colleague would.\nLook for wrong behaviour, lost data, security holes and races, in this order.\nFor each finding give the place, what happens, and the smallest change that mends it.", budget: { cap: 5_000_000, per: "month" } });
  await makeAgent(app, "editor", "Editor", { target: "openai/gpt-4o" });
  const zed = await app.control<{ secret: string }>("key.create", { name: "Zed", agents: ["reviewer"], budgets: [{ cap: 2_000_000, per: "month" }, { cap: 200_000, per: "day" }], rpm: 60, concurrency: 4 });
  await app.control("key.create", { name: "nightly-report", expires_in: 7776000 });
  const call = (session: string, content: string) => fetch(`${app.baseUrl}/chat/completions`, { method: "POST", headers: { authorization: `Bearer ${zed.secret}`, "content-type": "application/json", "x-session-id": session }, body: JSON.stringify({ model: "reviewer", messages: [{ role: "user", content }] }) }).then((r) => r.text());
  provider.say = () => ({ pieces: words("The parser drops the last field when the line ends without a break."), usage: { prompt_tokens: 18422, completion_tokens: 412 } });
  await call("a", "Why does the CSV import lose a column?");
  provider.say = () => ({ pieces: words("Use a transaction around both statements."), usage: { prompt_tokens: 2140, completion_tokens: 96 } });
  await call("b", "Review this migration, please: ALTER TABLE calls ADD COLUMN took INTEGER;");
  await go("/chat?agent=reviewer");
  await page.waitForTimeout(300);
  await shot("chat-new");
  provider.say = () => ({ pieces: words(ANSWER), pace: 2, usage: { prompt_tokens: 1312, completion_tokens: 286 } });
  await say(page, "Two requests sometimes get the same entry from this table. Where is the race, and what is the smallest change that mends it?");
  await page.getByTestId("receipt").waitFor();
  await page.waitForTimeout(900);
  await shot("chat");
  provider.say = () => ({ pieces: words(ANSWER.repeat(3)), pace: 25 });
  await say(page, "And with a queue in between?");
  await page.waitForTimeout(2500);
  await shot("chat-streaming");
  await page.keyboard.press("Escape");
  await page.waitForTimeout(500);
  await shot("chat-stopped");
  provider.say = () => ({ pieces: [], status: 500 });
  await say(page, "And now?");
  await page.waitForTimeout(6000);
  await shot("chat-failed");
  await page.keyboard.press("Control+k");
  await page.waitForTimeout(300);
  await shot("palette");
  await page.keyboard.press("Escape");
  await page.getByRole("searchbox").fill("transac");
  await page.waitForTimeout(500);
  await shot("search");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "Session", exact: true }).click();
  await shot("chat-menu");
  await page.keyboard.press("Escape");
  await go("/agents");
  await page.getByRole("link", { name: /Code reviewer/ }).click();
  await page.waitForTimeout(300);
  await shot("agents");
  await go("/providers");
  await page.getByRole("button", { name: "Test", exact: true }).first().click();
  await page.waitForTimeout(2500);
  await shot("providers");
  await page.getByRole("button", { name: "Add provider" }).click();
  await page.waitForTimeout(300);
  await shot("provider-add");
  await page.keyboard.press("Escape");
  await go("/connect");
  await shot("connect");
  await go("/connect?key=new");
  await shot("key-new");
  await page.getByRole("textbox", { name: "Program" }).fill("aider");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.waitForTimeout(500);
  await shot("key-secret");
  await page.keyboard.press("Escape");
  await go("/usage");
  await page.waitForTimeout(500);
  await shot("usage");
  await go("/activity");
  await page.waitForTimeout(500);
  await shot("activity");
  await page.getByTestId("calls").getByRole("link").first().click();
  await page.waitForTimeout(600);
  await shot("call");
  await go("/settings");
  await page.waitForTimeout(800);
  await shot("settings");
  await page.keyboard.press("?");
  await page.waitForTimeout(300);
  await shot("keyboard");
  await page.keyboard.press("Escape");
  for (const [w, h] of [[900, 600], [1920, 1080]] as const) {
    await page.setViewportSize({ width: w, height: h });
    for (const at of ["chat", "agents", "providers", "connect", "activity", "usage", "settings", "welcome"]) {
      await go(`/${at}`);
      if (at === "chat") { await page.locator("a[data-row]").nth(1).click(); await page.waitForTimeout(400); }
      if (at === "agents") { await page.getByRole("link", { name: /Code reviewer/ }).click(); await page.waitForTimeout(200); }
      await page.waitForTimeout(300);
      await page.screenshot({ path: `${OUT}/${w}-${at}.png` });
    }
  }
});

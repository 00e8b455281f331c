import { axe, expect, makeAgent, open, test } from "../support/test.ts";

test("everything is reached by keys", async ({ page, app, ready }) => {
  await makeAgent(app, "reviewer", "Code reviewer");
  await open(page, app);
  for (const [key, heading] of [["2", "Agents"], ["3", "Providers"], ["4", "Connect"], ["6", "Usage"], ["7", "Settings"]] as const) {
    await page.keyboard.press(`Control+${key}`);
    await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
  }
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go anywhere" }).fill("chat code rev");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Code reviewer" })).toBeVisible();

  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await expect(field).toBeFocused();
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two?");
  await expect(field).toHaveValue("one\ntwo?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("article", { name: "Answer" })).toContainText("Hello there.");
  await page.keyboard.press("Control+n");
  await expect(page.getByRole("article")).toHaveCount(0);
  await expect(field).toBeFocused();
});

test("a bare ? can be turned off, and no key leaves a dialog that is open", async ({ page, app, ready }) => {
  await open(page, app, "/settings");
  const part = page.getByRole("region", { name: "Shortcuts" });
  await expect(part).toContainText("New chat");
  await part.getByRole("combobox", { name: "Show the shortcuts with ?" }).click();
  await page.getByRole("option", { name: "Off", exact: true }).click();
  await axe(page);
  await page.reload();
  await expect(part).toBeVisible();
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await page.keyboard.press("?");
  await page.keyboard.press("Control+/");
  await expect(sheet).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  await part.getByRole("combobox", { name: "Show the shortcuts with ?" }).click();
  await page.getByRole("option", { name: "On", exact: true }).click();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("?");
  await expect(sheet).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);

  await page.evaluate(() => { location.hash = "/connect?key=new"; });
  const dialog = page.getByRole("dialog", { name: "New client key" });
  const name = dialog.getByRole("textbox", { name: "Program", exact: true });
  await name.fill("Half a na");
  for (const key of ["Control+1", "Control+7", "Control+n", "Control+f", "Control+k", "Control+/"]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(1);
  await expect(name).toHaveValue("Half a na");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press("Control+7");
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
});

test("a key counts at once after a dialog was closed, while it fades away", async ({ page, app, ready }) => {
  await open(page, app, "/agents");
  await page.keyboard.press("Control+/");
  const sheet = page.getByRole("dialog");
  await expect(sheet).toBeVisible();
  // slow enough that it is still there
  await page.addStyleTag({ content: "[data-over] { transition: opacity 4s !important }" });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+4");
  await expect(page.getByRole("heading", { name: "Connect", level: 1 })).toBeVisible({ timeout: 2000 });
});

test("focus is visible wherever Tab leads, and every control has a name", async ({ page, app, ready }) => {
  await open(page, app);
  for (const at of ["/chat", "/agents/new", "/providers", "/connect", "/activity", "/usage", "/settings"]) {
    await page.evaluate((route) => { location.hash = route; }, at);
    await page.waitForTimeout(400);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, a[href], input, textarea, select, [role=combobox]")]
        .filter((el) => el.offsetParent !== null && !el.hasAttribute("aria-hidden"))
        .filter((el) => {
          const labelled = (el as HTMLInputElement).labels?.length || el.getAttribute("aria-label") || el.getAttribute("aria-labelledby");
          return !labelled && el.textContent?.trim() === "";
        })
        .map((el) => el.outerHTML.slice(0, 120)),
    );
    expect(nameless, at).toEqual([]);
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press("Tab");
      const outline = await page.evaluate(() => {
        const el = document.activeElement;
        if (el === null || el === document.body) return "2px";
        // the message field shows its focus by its caret in a framed field of its own
        if (el.getAttribute("aria-label") === "Message") return "2px";
        return getComputedStyle(el).outlineWidth;
      });
      expect(outline, at).toBe("2px");
    }
  }
});

test("what has the focus in the agent's form is never behind its footer", async ({ page, app, ready }) => {
  await page.setViewportSize({ width: 900, height: 600 });
  await open(page, app, "/agents/helper");
  await page.getByRole("textbox", { name: "Name", exact: true }).focus();
  const top = await page.getByRole("button", { name: "Save", exact: true }).evaluate((save) => save.closest("footer")?.getBoundingClientRect().top ?? 0);
  expect(top).toBeGreaterThan(0);
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press("Tab");
    const hidden = await page.evaluate((edge) => {
      const at = document.activeElement;
      if (at === null || at.closest("form") === null || at.closest("footer") !== null) return null;
      return at.getBoundingClientRect().bottom > edge ? (at.getAttribute("aria-label") ?? at.id) : null;
    }, top);
    expect(hidden, `step ${step}`).toBeNull();
  }
});

// Files in a message: chosen, pasted, dropped; refused with a reason; kept and drawn in the session.

import { expect, open, say, test } from "../support/test.ts";
import { axe } from "../support/axe.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const png = { name: "dot.png", mimeType: "image/png", buffer: PNG };
const notes = { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes\nquince") };

test("files are chosen, removed, sent, and stand in the session after a reload", async ({ page, app, provider, ready }) => {
  await open(page, app);
  await page.getByTestId("file-chooser").setInputFiles([png, notes, { ...notes, name: "spare.txt" }]);
  const chips = page.getByRole("list", { name: "Attached files" });
  await expect(chips.getByRole("listitem")).toHaveCount(3);
  await page.getByRole("button", { name: "Remove spare.txt" }).click();
  await axe(page);
  await say(page, "What is this?");
  const own = page.getByRole("article", { name: "You" });
  await expect(own.getByRole("img", { name: "dot.png" })).toBeVisible();
  await expect(own).toContainText("notes.md");
  await expect(chips).toHaveCount(0);
  await expect(page.getByRole("article", { name: "Answer" })).toHaveAttribute("data-state", "complete");
  const content = provider.asked[0]?.messages.at(-1)?.content as Array<{ type: string; text?: string; image_url?: { url: string } }>;
  expect(content.map((part) => part.type)).toEqual(["image_url", "text", "text"]);
  expect(content[0]?.image_url?.url).toBe(`data:image/png;base64,${PNG.toString("base64")}`);
  expect(content[1]?.text).toContain("quince");
  await page.reload();
  const image = page.getByRole("article", { name: "You" }).getByRole("img", { name: "dot.png" });
  await expect.poll(() => image.evaluate((el: HTMLImageElement) => el.naturalWidth)).toBe(1);

  // an edited message keeps its files, unless they are taken out
  await page.getByRole("textbox", { name: "Message", exact: true }).press("ArrowUp");
  await page.getByRole("button", { name: "Remove", exact: true }).nth(1).click();
  await page.getByRole("textbox", { name: "Edit and regenerate" }).press("Enter");
  await expect.poll(() => provider.asked.length).toBe(2);
  const again = provider.asked[1]?.messages.at(-1)?.content as Array<{ type: string }>;
  expect(again.map((part) => part.type)).toEqual(["image_url", "text"]);
});

test("files are pasted and dropped", async ({ page, app, ready }) => {
  await open(page, app);
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  const give = (kind: "paste" | "drop") =>
    field.evaluate(
      (el, { kind, data }) => {
        const transfer = new DataTransfer();
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], `${kind}.png`, { type: "image/png" }));
        const event =
          kind === "paste"
            ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
            : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
        el.dispatchEvent(event);
      },
      { kind, data: PNG.toString("base64") },
    );
  await give("paste");
  const chips = page.getByRole("list", { name: "Attached files" });
  await expect(chips).toContainText("paste.png");
  await give("drop");
  await expect(chips).toContainText("drop.png");
  // a draft keeps its files while other screens are looked at
  await page.keyboard.press("Control+2");
  await page.keyboard.press("Control+1");
  await expect(page.getByRole("list", { name: "Attached files" }).getByRole("listitem")).toHaveCount(2);
});

test("what cannot be sent is told by name and reason", async ({ page, app, ready }) => {
  await open(page, app);
  const chooser = page.getByTestId("file-chooser");
  await chooser.setInputFiles([{ name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.from([77, 90, 0, 1]) }]);
  await expect(page.getByRole("alert")).toContainText("tool.exe cannot be sent");
  await chooser.setInputFiles([{ name: "big.txt", mimeType: "text/plain", buffer: Buffer.alloc(10 * 1024 * 1024 + 1, 97) }]);
  await expect(page.getByRole("alert")).toContainText("big.txt is 10.5 MB. A file may have at most 10 MB.");
  await chooser.setInputFiles([{ name: "near.txt", mimeType: "text/plain", buffer: Buffer.alloc(10_000_001, 97) }]);
  await expect(page.getByRole("alert")).toContainText("near.txt is 10,000,001 bytes. A file may have at most 10,000,000 bytes.");
  await expect(page.getByRole("list", { name: "Attached files" })).toHaveCount(0);
  await axe(page);
});

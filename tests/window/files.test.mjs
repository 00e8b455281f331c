// Files that come from other programs, as the system hands them over: dragged from another window, and as an image in
// the clipboard. What the page does with them is tested in the browser; that it hears of them at all, only here can be.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";
import { Provider } from "./provider.mjs";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
// beside the window, which is 1120 by 760 in the middle of a display of 1280 by 900
const BESIDE = [1212, 852];

const xdotool = (...words) => execFileSync("xdotool", words.map(String), { encoding: "utf8" });

test("files from other programs", async (t) => {
  let desk;
  let browser;
  let provider;
  before(async () => {
    provider = await Provider.start();
    desk = await Desk.make();
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    await provider.serve(browser);
    await browser.run("location.hash = '#/chat'");
    await browser.find("textbox", "^Message$");
  });
  after(async () => {
    // a button that is held would be held for those that come after
    xdotool("mouseup", 1);
    await desk?.clear();
    provider?.close();
  });

  const attached = () => browser.run("return document.querySelector('[aria-label=\"Attached files\"]')?.innerText ?? ''");

  // Drags a file with the pointer from another program's window to a place of ours; resolves to what that one saw.
  const drag = async (file, x, y) => {
    const source = desk.program("/usr/bin/python3", [join(import.meta.dirname, "drag-source.py"), ...BESIDE.map(String), pathToFileURL(file).href]);
    await until(() => source.wrote.includes("ready"), "something to drag", 15, async () => source.said);
    const window = await desk.waitForWindow();
    const at = Object.fromEntries(xdotool("getwindowgeometry", "--shell", window).trim().split("\n").map((line) => line.split("=")));
    const [toX, toY] = [Number(at.X) + x, Number(at.Y) + y];
    xdotool("mousemove", BESIDE[0] + 20, BESIDE[1] + 15, "mousedown", 1);
    // a hand takes its time, and passes over everything between
    for (let step = 1; step <= 20; step += 1) {
      const along = (from, to) => Math.round(from + ((to - from) * step) / 20);
      xdotool("mousemove", along(BESIDE[0] + 20, toX), along(BESIDE[1] + 15, toY), "sleep", 0.05);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    return {
      drop: async () => {
        xdotool("mouseup", 1);
        await until(() => /refused|ended/.test(source.wrote), "the drag has ended", 15);
        source.kill();
        return source.wrote.includes("refused") ? "refused" : "taken";
      },
    };
  };

  await t.test("a dropped file is attached, wherever in the chat it falls", async () => {
    const file = join(desk.root, "notes.md");
    writeFileSync(file, "# Notes\nquince");
    const held = await drag(file, 700, 250);
    await until(() => browser.run("return document.querySelector('textarea').placeholder.includes('Drop')"), "the window says that it takes it");
    assert.equal(await held.drop(), "taken");
    await until(async () => (await attached()).includes("notes.md"), "the file is attached", 15, () => browser.text());
  });

  await t.test("an image in the clipboard is pasted", async () => {
    const file = join(desk.root, "dot.png");
    writeFileSync(file, PNG);
    // in the foreground: what is in the clipboard lives as long as the program that put it there
    desk.program("xclip", ["-quiet", "-selection", "clipboard", "-t", "image/png", "-i", file]);
    await until(() => execFileSync("xclip", ["-selection", "clipboard", "-t", "TARGETS", "-o"], { encoding: "utf8" }).includes("image/png"), "the clipboard");
    await desk.activate();
    await browser.click("textbox", "^Message$");
    xdotool("key", "--clearmodifiers", "ctrl+v");
    await until(async () => (await attached()).includes("Pasted image"), "the image is attached", 15, () => browser.text());
    await desk.photograph("files");
  });

  await t.test("both go with the message, whole", async () => {
    await browser.type("textbox", "^Message$", "What are these?");
    await browser.press("\uE007");
    await browser.waitForText(/Hello there\./);
    const content = provider.asked.at(-1).messages.at(-1).content;
    const text = content.find((part) => part.type === "text" && part.text.includes("quince"));
    assert.ok(text, JSON.stringify(content));
    const image = content.find((part) => part.type === "image_url");
    const bytes = Buffer.from(image.image_url.url.replace(/^data:image\/png;base64,/, ""), "base64");
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [1, 1], image.image_url.url);
  });

  await t.test("a file that falls where nothing takes it does not lead the window away", async () => {
    const file = join(desk.root, "page.html");
    writeFileSync(file, "<title>elsewhere</title><script>document.title = 'ran'</script>");
    await browser.run("location.hash = '#/settings'");
    await browser.waitForText(/Appearance/);
    await (await drag(file, 700, 250)).drop();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.match(await browser.run("return location.href"), /^tauri:\/\/localhost\/.*#\/settings/);
    assert.match(await browser.text(), /Appearance/);
    assert.deepEqual(desk.outside, []);
  });

  await t.test("only the files of the last drop can be read, and no path at all", async () => {
    const read = (args) =>
      browser.runAsync(
        "const [args, done] = arguments; window.__TAURI_INTERNALS__.invoke('dropped_file', args).then((bytes) => done(new TextDecoder().decode(bytes)), (failure) => done(failure.kind ?? 'refused'))",
        args,
      );
    assert.match(await read({ number: 0 }), /^<title>elsewhere/);
    assert.equal(await read({ number: 1 }), "not_found");
    for (const number of [-1, "/etc/hostname", ["/etc/hostname"]]) assert.equal(await read({ number }), "refused");
  });
});

// SEC-37: what somebody else puts in the feed's place is refused, and the app is what it was. The app is told that it
// runs from an image, which is the file that an update replaces; releases are signed as ours are.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

const TAURI = fileURLToPath(new URL("../../ui/node_modules/.bin/tauri", import.meta.url));
const ELF = Buffer.from("\x7fELF");

// A key pair, as releases have one.
function keys(desk, name) {
  const file = join(desk.root, name);
  execFileSync(TAURI, ["signer", "generate", "--ci", "-p", "", "-w", file], { stdio: "ignore" });
  return { file, pub: readFileSync(`${file}.pub`, "utf8").trim() };
}

// An image with a signature; `version` is what it was signed for.
function image(desk, key, text, version) {
  const file = join(desk.root, `${text}.AppImage`);
  writeFileSync(file, Buffer.concat([ELF, Buffer.from(text.padEnd(200_000, "."))]));
  const bound = version === null ? [] : ["--app-version", version];
  execFileSync(TAURI, ["signer", "sign", "-f", key.file, "-p", "", ...bound, file], { stdio: "ignore" });
  return { bytes: readFileSync(file), signature: readFileSync(`${file}.sig`, "utf8") };
}

// A feed that says what it is told to say.
async function startFeed() {
  const feed = { release: null, bytes: Buffer.alloc(0), slow: false, asked: [] };
  const server = createServer((request, response) => {
    feed.asked.push(request.url);
    if (request.url === "/feed") {
      if (feed.release === null) return response.writeHead(204).end();
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ ...feed.release, url: `${feed.url}/image` }));
    }
    response.writeHead(200, { "content-length": feed.bytes.length });
    // the second half never comes
    return feed.slow ? response.write(feed.bytes.subarray(0, feed.bytes.length / 2)) : response.end(feed.bytes);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  feed.url = `http://127.0.0.1:${server.address().port}`;
  feed.end = () => server.closeAllConnections() ?? server.close();
  return feed;
}

test("sec_37 updates", async (t) => {
  let desk;
  let browser;
  let feed;
  let ours;
  let theirs;
  let installed;
  const INSTALLED = Buffer.concat([ELF, Buffer.from("the installed image")]);
  before(async () => {
    desk = await Desk.make();
    feed = await startFeed();
    ours = keys(desk, "ours");
    theirs = keys(desk, "theirs");
    installed = join(desk.root, "Inglenook.AppImage");
    writeFileSync(installed, INSTALLED, { mode: 0o755 });
    desk.more = { APPIMAGE: installed, INGLENOOK_UPDATE_FEED: `${feed.url}/feed`, INGLENOOK_UPDATE_KEY: ours.pub };
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    await browser.run("location.hash = '#/settings'");
    await browser.find("button", "^Check for updates$");
  });
  after(async () => {
    feed?.end();
    await desk?.clear();
  });

  const shell = (command, args = {}) =>
    browser.runAsync(
      `const [command, args, done] = arguments;
       const channel = { __channel: 0, toJSON() { return "__CHANNEL__:" + window.__TAURI_INTERNALS__.transformCallback(() => {}); } };
       if (command === "download_update") args.channel = channel;
       window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done({ value }), (failure) => done({ failure }));`,
      command,
      args,
    );
  const offer = (version, { bytes, signature }) => {
    feed.release = { version, notes: "Faster.\n<img src=x onerror=alert(1)>", signature };
    feed.bytes = bytes;
  };
  const unchanged = () => assert.deepEqual(readFileSync(installed), INSTALLED);

  await t.test("nothing is asked before somebody asks", () => assert.deepEqual(feed.asked, []));

  await t.test("the newest version is said to be that", async () => {
    await browser.click("button", "^Check for updates$");
    await browser.waitForText(/This is the newest version/);
    assert.deepEqual(feed.asked, ["/feed"]);
  });

  await t.test("an older version is not offered", async () => {
    offer("0.0.1", image(desk, ours, "older", "0.0.1"));
    assert.deepEqual(await shell("check_for_update"), { value: null });
  });

  const hostile = {
    unsigned: () => ({ ...image(desk, ours, "unsigned", "9.0.0"), signature: "" }),
    "signed by another key": () => image(desk, theirs, "theirs", "9.0.0"),
    truncated: () => {
      const { bytes, signature } = image(desk, ours, "cut", "9.0.0");
      return { bytes: bytes.subarray(0, 1000), signature };
    },
    "swapped for another signed one": () => ({
      bytes: image(desk, ours, "other", "9.0.0").bytes,
      signature: image(desk, ours, "this", "9.0.0").signature,
    }),
    "an older one under a newer number": () => image(desk, ours, "old", "0.0.1"),
    "signed for no version": () => image(desk, ours, "unbound", null),
  };
  for (const [how, make] of Object.entries(hostile)) {
    await t.test(`${how}: refused, and nothing is replaced`, async () => {
      offer("9.0.0", make());
      assert.equal((await shell("check_for_update")).value.version, "9.0.0");
      const { failure } = await shell("download_update");
      assert.equal(failure?.kind, "conflict", JSON.stringify(failure));
      assert.match(failure.message, /signature does not fit/);
      assert.equal((await shell("install_update")).failure?.kind, "conflict");
      unchanged();
    });
  }

  await t.test("what is new is text, a download goes on and is cancelled", async () => {
    offer("9.0.0", image(desk, ours, "good", "9.0.0"));
    feed.slow = true;
    await browser.click("button", "^Check for updates$");
    await browser.waitForText(/Version 9\.0\.0 is there/);
    assert.match(await browser.text(), /<img src=x onerror=alert\(1\)>/);
    await browser.click("button", "^Download$");
    await browser.waitForText(/of .* downloaded/);
    await browser.run("document.querySelector('#settings-updates').scrollIntoView()");
    await desk.photograph("update-downloading");
    await browser.click("button", "^Cancel$");
    await browser.find("button", "^Download$");
    unchanged();
  });

  await t.test("a good one is installed when that is confirmed, and the app starts again", async () => {
    feed.slow = false;
    await browser.click("button", "^Download$");
    await browser.waitForText(/its signature fits/);
    unchanged();
    await desk.photograph("update-ready");
    await browser.click("button", "^Install and restart$");
    await browser.waitForText(/Install version 9\.0\.0\?/);
    const before = desk.processes();
    await browser.run(`[...document.querySelectorAll("[role=dialog] footer button")].at(-1).click()`).catch(() => {});
    await until(() => !readFileSync(installed).equals(INSTALLED), "another image");
    assert.ok(readFileSync(installed).includes("good"));
    await until(() => before.every((pid) => !desk.processes().includes(pid)), "it has ended", 20);
  });

  await t.test("and after all of this the program still starts", async () => {
    desk.browser = undefined;
    desk.start({ APPIMAGE: "" });
    await desk.waitForWindow();
    assert.ok(existsSync(desk.dataDir));
  });
});

test("sec_37 a build without a feed says that it has none", async () => {
  const desk = await Desk.make();
  try {
    const browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    await browser.run("location.hash = '#/settings'");
    await browser.waitForText(/This build has no update channel/);
    assert.deepEqual(desk.outside, []);
  } finally {
    await desk.clear();
  }
});

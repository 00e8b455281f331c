// What the shell promises whatever the page is: one instance, one window, no way out of the app's own pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

test("starting, closing and starting again", async (t) => {
  await t.test("a second start shows the first one's window and ends well", async () => {
    const desk = await Desk.make();
    try {
      const first = desk.start();
      await desk.waitForWindow();
      const second = desk.start();
      assert.equal(await second.ended, 0);
      assert.equal(first.exitCode, null, first.said);
      assert.equal(desk.windows().length, 1);
    } finally {
      await desk.clear();
    }
  });

  await t.test("a second start that cannot see the first one leaves the data alone and says so", async () => {
    const desk = await Desk.make();
    try {
      const first = desk.start();
      await desk.waitForWindow();
      const second = desk.start({ DBUS_SESSION_BUS_ADDRESS: "disabled:" });
      assert.equal(await second.ended, 1);
      assert.match(second.said, /data_directory_in_use/);
      assert.equal(first.exitCode, null, first.said);
    } finally {
      await desk.clear();
    }
  });

  await t.test("without a tray, closing the window quits", async () => {
    const desk = await Desk.make();
    try {
      const app = desk.start();
      await desk.waitForWindow();
      desk.closeWindow();
      assert.equal(await app.ended, 0);
    } finally {
      await desk.clear();
    }
  });

  await t.test("with a tray, closing hides it and a second start brings it back", async () => {
    const desk = await Desk.make();
    try {
      await desk.own("org.kde.StatusNotifierWatcher");
      const app = desk.start();
      await desk.waitForWindow();
      desk.closeWindow();
      await until(() => desk.windows().length === 0, "the window is hidden");
      assert.equal(app.exitCode, null, app.said);
      assert.equal(await desk.start().ended, 0);
      await desk.waitForWindow();
      app.kill("SIGTERM");
      assert.equal(await app.ended, 0);
    } finally {
      await desk.clear();
    }
  });

  await t.test("without a display it says what to do instead", async () => {
    const desk = await Desk.make();
    try {
      const app = desk.start({ DISPLAY: "" });
      assert.equal(await app.ended, 1);
      assert.match(app.said, /inglenook serve/);
    } finally {
      await desk.clear();
    }
  });
});

test("the page stays where it is", async (t) => {
  let desk;
  let browser;
  before(async () => {
    desk = await Desk.make();
    browser = await desk.drive();
  });
  after(() => desk?.clear());

  const stays = async () => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.match(await browser.run("return location.href"), /^tauri:\/\/localhost(\/|$)/);
    assert.ok(await browser.run("return document.body.childElementCount > 0"), "the page is still there");
  };

  await t.test("it is the app's own page", stays);

  for (const address of [
    "https://example.test/",
    "http://127.0.0.1:4645/health",
    "http://tauri.localhost.example.test/",
    "tauri://localhost@example.test/",
    "data:text/html,<h1>elsewhere</h1>",
    "file:///etc/hostname",
  ]) {
    await t.test(`it does not go to ${address}`, async () => {
      await browser.run("location.href = arguments[0]", address).catch(() => {});
      await stays();
    });
  }

  await t.test("it opens no second window", async () => {
    await browser.run("window.open('https://example.test/'); window.open('tauri://localhost/')").catch(() => {});
    await stays();
    assert.equal(desk.windows().length, 1);
  });

  await t.test("it shows no frame, loads no script and fetches nothing from elsewhere", async () => {
    const blocked = await browser.runAsync(`
      const done = arguments[0];
      const blocked = new Set();
      document.addEventListener("securitypolicyviolation", (event) => blocked.add(event.effectiveDirective));
      const add = (tag, attributes) => document.body.append(Object.assign(document.createElement(tag), attributes));
      add("iframe", { src: "https://example.test/" });
      add("script", { src: "https://example.test/x.js" });
      add("script", { textContent: "window.injected = true" });
      add("img", { src: "https://example.test/x.png" });
      fetch("https://example.test/").catch(() => {});
      fetch("http://127.0.0.1:9/").catch(() => {});
      setTimeout(() => done({ blocked: [...blocked], injected: window.injected === true }), 500);`);
    for (const directive of ["frame-src", "script-src-elem", "img-src", "connect-src"]) {
      assert.ok(blocked.blocked.includes(directive), `${directive} of ${blocked.blocked}`);
    }
    assert.equal(blocked.injected, false);
  });

  await t.test("text is never run", async () => {
    const refused = await browser.run("try { Function('return 1')(); return false } catch (error) { return error.name }");
    assert.equal(refused, "EvalError");
  });

  await t.test("prototypes are frozen and there is no global Tauri", async () => {
    assert.deepEqual(await browser.run("return [Object.isFrozen(Object.prototype), typeof window.__TAURI__]"), [true, "undefined"]);
  });

  await t.test("Tauri's own commands are refused", async () => {
    for (const [command, args] of [
      ["plugin:window|create", { options: { label: "second" } }],
      ["plugin:webview|create_webview_window", { options: { label: "second" } }],
      ["plugin:path|resolve_directory", { directory: 21 }],
      ["plugin:opener|open_url", { url: "https://example.test/" }],
      ["plugin:window-state|save_window_state", { flags: 1 }],
      ["plugin:app|version", {}],
    ]) {
      const answer = await browser.runAsync(
        "const [c, a, done] = arguments; window.__TAURI_INTERNALS__.invoke(c, a).then(() => done('ran'), (e) => done(String(e)))",
        command,
        args,
      );
      assert.match(answer, /not allowed|not found/, command);
    }
  });

  await t.test("links leave as https or mail only", async () => {
    for (const url of ["file:///etc/passwd", "javascript:alert(1)", "http://example.test/", "https://a:b@example.test/"]) {
      const answer = await browser.runAsync(
        "const [url, done] = arguments; window.__TAURI_INTERNALS__.invoke('open_external', { url }).then(() => done('ran'), (e) => done(e.kind))",
        url,
      );
      assert.equal(answer, "invalid_request", url);
    }
  });

  await t.test("a command that does not exist is refused without repeating it", async () => {
    await assert.rejects(browser.control("no.such", { secret: "hunter2" }), (error) => {
      assert.match(error.message, /invalid_request/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });

  await t.test("nothing of this left the machine", () => assert.deepEqual(desk.outside, []));

  // Last, for WebKit connects to a clicked link's host before it asks whether to go there. So the page shows
  // no such link at all, only buttons that hand the address to `open_external`; the first steps assert it.
  await t.test("a link that the page lets through goes nowhere either", async () => {
    for (const target of ["_blank", "_self"]) {
      await browser.run(
        "const a = Object.assign(document.createElement('a'), { href: 'https://example.test/', target: arguments[0] }); document.body.append(a); HTMLAnchorElement.prototype.click.call(a); a.remove()",
        target,
      );
      await stays();
    }
    assert.equal(desk.windows().length, 1);
  });
});

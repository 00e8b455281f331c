// The few WebDriver commands that the tests need, over plain fetch. WebKit's own driver is enough: tauri-driver
// only renames an option in front of it.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Finds what a person would name: by role and by the text that is read out for it.
const FIND = `
  const [role, name] = arguments;
  const selectors = {
    button: "button, [role=button]",
    link: "a[href], [role=link]",
    textbox: "textarea, input:not([type]), input[type=text], input[type=search], [role=textbox]",
    combobox: "select, [role=combobox]",
    option: "option, [role=option]",
    heading: "h1, h2, h3, [role=heading]",
    tab: "[role=tab]",
    menuitem: "[role=menuitem]",
    any: "*",
  };
  const byId = (id) => document.getElementById(id)?.textContent ?? "";
  const labelOf = (element) =>
    [
      element.getAttribute("aria-label"),
      (element.getAttribute("aria-labelledby") ?? "").split(" ").map(byId).join(" "),
      [...(element.labels ?? [])].map((label) => label.textContent).join(" "),
      element.placeholder,
      element.textContent,
    ].map((text) => (text ?? "").trim()).find(Boolean) ?? "";
  const seen = (element) => element.checkVisibility() && !element.closest("[inert]") && !element.disabled;
  const wanted = new RegExp(name, "i");
  return [...document.querySelectorAll(selectors[role])].find((element) => seen(element) && wanted.test(labelOf(element))) ?? null;
`;

export class Browser {
  #base;
  #driver;
  #session;

  // Starts the app under the driver; resolves once its window can be driven.
  static async open(binary, args, env) {
    const browser = new Browser();
    const port = await freePort();
    browser.#base = `http://127.0.0.1:${port}`;
    browser.#driver = spawn("WebKitWebDriver", ["-p", String(port), "--host=127.0.0.1"], {
      // without the variable the app starts and the session is never made
      env: { ...env, TAURI_WEBVIEW_AUTOMATION: "true" },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await until(async () => (await fetch(`${browser.#base}/status`)).ok, "the driver answers");
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary, args } } };
    const { sessionId } = await browser.#call("POST", "/session", { capabilities });
    browser.#session = sessionId;
    return browser;
  }

  // Ends the app with the session, as closing a driven browser does.
  async close() {
    if (this.#session) await this.#call("DELETE", this.#path("")).catch(() => {});
    this.#driver.kill();
  }

  run(script, ...args) {
    return this.#call("POST", this.#path("/execute/sync"), { script, args });
  }

  // The script calls its last argument when it is done.
  runAsync(script, ...args) {
    return this.#call("POST", this.#path("/execute/async"), { script, args });
  }

  // A command of the app, past the page, to look at what the page should have done.
  async control(command, args = {}) {
    const answer = await this.runAsync(
      `const [command, args, done] = arguments;
       window.__TAURI_INTERNALS__.invoke("control", { command: { command, args } })
         .then((value) => done({ value }), (failure) => done({ failure }));`,
      command,
      args,
    );
    if (answer.failure) throw new Error(`${command}: ${JSON.stringify(answer.failure)}`);
    return answer.value;
  }

  // Waits for an element with this role whose name matches.
  find(role, name, seconds = 15) {
    return until(() => this.run(FIND, role, name), `${role} "${name}"`, seconds, () => this.text());
  }

  // Again where the element was on its way in or out, as an entry of a menu that closes is: nothing was clicked then.
  click(role, name, seconds = 15) {
    const pressed = async () => {
      const element = await this.run(FIND, role, name);
      if (!element) return false;
      try {
        await this.#call("POST", this.#path(`/element/${element[ELEMENT]}/click`), {});
        return true;
      } catch (error) {
        if (/: (element not interactable|stale element reference):/.test(error.message)) return false;
        throw error;
      }
    };
    return until(pressed, `${role} "${name}" to click`, seconds, () => this.text());
  }

  async type(role, name, text) {
    const element = await this.find(role, name);
    const path = this.#path(`/element/${element[ELEMENT]}`);
    await this.#call("POST", `${path}/clear`, {});
    await this.#call("POST", `${path}/value`, { text });
  }

  async press(key) {
    const actions = [{ type: "keyDown", value: key }, { type: "keyUp", value: key }];
    await this.#call("POST", this.#path("/actions"), { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  text() {
    return this.run("return document.body.innerText");
  }

  async waitForText(pattern, seconds = 15) {
    return until(async () => (await this.text()).match(pattern), `text ${pattern}`, seconds, () => this.text());
  }

  #path(rest) {
    return `/session/${this.#session}${rest}`;
  }

  async #call(method, path, body) {
    const response = await fetch(this.#base + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
}

// Tries again until `probe` gives something true; then gives that.
export async function until(probe, what, seconds = 15, describe = async () => "") {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const value = await probe();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const seen = await describe().catch(() => "");
  throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ""}\n${seen}`, { cause: last });
}

// A desk for one app: a home, a data directory and a session bus of its own, a proxy that nothing may ever use,
// and eyes: screenshots of the display, not of the page, since only the display shows what a person sees.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";

import { Browser, until } from "./driver.mjs";

const BINARY = process.env.INGLENOOK_DESKTOP_BIN;

export class Desk {
  static async make() {
    const desk = new Desk();
    desk.root = mkdtempSync(join(tmpdir(), "inglenook-window-"));
    desk.dataDir = join(desk.root, "data");
    desk.home = join(desk.root, "home");
    mkdirSync(desk.home);
    desk.children = [];
    await desk.#startBus();
    await desk.#startProxy();
    return desk;
  }

  get env() {
    return {
      PATH: process.env.PATH,
      LANG: "C.UTF-8",
      DISPLAY: process.env.DISPLAY,
      XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR,
      INGLENOOK_MODELS_DIR: process.env.INGLENOOK_MODELS_DIR,
      HOME: this.home,
      DBUS_SESSION_BUS_ADDRESS: this.bus,
      http_proxy: this.proxy,
      https_proxy: this.proxy,
      all_proxy: this.proxy,
      no_proxy: "127.0.0.1,localhost",
      NO_AT_BRIDGE: "1",
      ...this.more,
    };
  }

  // The app driven by WebDriver.
  async drive(...args) {
    this.browser = await Browser.open(BINARY, this.arguments(...args), this.env);
    return this.browser;
  }

  // The app as a person starts it.
  start(env = {}, ...args) {
    return this.startBare(this.arguments(...args), env);
  }

  // The app with these words and no others.
  startBare(args, env = {}, binary = BINARY) {
    const child = spawn(binary, args, { env: { ...this.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
    child.said = "";
    child.stderr.on("data", (data) => (child.said += data));
    child.ended = once(child, "exit").then(([code, signal]) => signal ?? code);
    this.children.push(child);
    return child;
  }

  // Another program on the desk; `wrote` is what it has said so far.
  program(name, args) {
    const child = this.#keep(spawn(name, args, { env: this.env, stdio: ["ignore", "pipe", "pipe"] }));
    child.wrote = "";
    child.said = "";
    child.stdout.on("data", (data) => (child.wrote += data));
    child.stderr.on("data", (data) => (child.said += data));
    return child;
  }

  arguments(...args) {
    // the desk has a bus, and a keychain that it would start there asks for a password in a window
    return ["--data-dir", this.dataDir, "--vault", "memory", ...args];
  }

  // A program on the bus that owns this name and answers nothing, such as a tray host.
  async own(name) {
    this.#keep(spawn("dbus-test-tool", ["black-hole", `--name=${name}`], { env: this.env, stdio: "ignore" }));
    await until(() => this.#hasOwner(name), `${name} is on the bus`);
  }

  // Names of the files in a directory.
  files(directory) {
    return readdirSync(directory);
  }

  // Windows of the app that can be seen.
  windows() {
    try {
      const found = execFileSync("xdotool", ["search", "--onlyvisible", "--name", "^Inglenook$"], { encoding: "utf8" });
      return found.trim().split("\n").filter(Boolean);
    } catch {
      return [];
    }
  }

  async waitForWindow() {
    return until(() => this.windows()[0], "a visible window", 20);
  }

  // Gives the window the keyboard. A search may find nothing while menus come and go, and is tried again.
  async activate() {
    execFileSync("xdotool", ["windowactivate", "--sync", await this.waitForWindow()]);
  }

  // A click at a place of the window's content.
  async click(x, y, button = 1) {
    execFileSync("xdotool", ["mousemove", "--window", await this.waitForWindow(), String(x), String(y), "click", String(button)]);
  }

  // Closes the window through the window manager, as its close button does.
  closeWindow() {
    execFileSync("xdotool", ["windowactivate", "--sync", this.windows()[0], "key", "--clearmodifiers", "alt+F4"]);
  }

  // Processes that name this desk's data directory.
  processes() {
    return readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(this.dataDir);
      } catch {
        return false;
      }
    });
  }

  // Waits for the end of the app that was asked to end; what stays is named.
  async gone(seconds = 45) {
    const names = () => this.processes().map((pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`);
    await until(() => this.processes().length === 0, "the app is gone", seconds, async () => names().join("\n"));
  }

  // A photograph of the display, kept under this name; resolves to how its colours are spread.
  async photograph(name) {
    // two frames, or the picture is of the time before the change
    await this.browser?.runAsync("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(1)))");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const file = join(process.env.INGLENOOK_SHOTS, `${name}.png`);
    execFileSync("scrot", ["--overwrite", file], { env: this.env });
    return colours(file);
  }

  async clear() {
    await this.browser?.close();
    for (const child of this.children) if (child.exitCode === null) child.kill();
    this.server.close();
    await this.gone().catch((error) => {
      for (const pid of this.processes()) process.kill(Number(pid), "SIGKILL");
      throw error;
    });
    rmSync(this.root, { recursive: true, force: true });
  }

  #keep(child) {
    this.children.push(child);
    return child;
  }

  async #startBus() {
    const daemon = this.#keep(
      spawn("dbus-daemon", ["--session", "--nofork", "--print-address=1"], { stdio: ["ignore", "pipe", "ignore"] }),
    );
    const [address] = await once(daemon.stdout, "data");
    this.bus = String(address).trim();
  }

  async #startProxy() {
    this.outside = [];
    this.server = createServer((request, response) => {
      this.outside.push(request.url);
      response.writeHead(403).end();
    });
    this.server.on("connect", (request, socket) => {
      this.outside.push(request.url);
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.proxy = `http://127.0.0.1:${this.server.address().port}`;
  }

  #hasOwner(name) {
    const ask = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"];
    return execFileSync("dbus-send", [...ask, `string:${name}`], { encoding: "utf8", env: this.env }).includes("true");
  }
}

// Reads an 8-bit PNG without interlacing (scrot's) and tells how many colours there are, how bright it is on average
// (0 to 255), and what share of it is the commonest colour.
function colours(file) {
  const png = readFileSync(file);
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = { 2: 3, 6: 4 }[png[25]];
  const data = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  let above = Buffer.alloc(stride);
  const counts = new Map();
  let brightness = 0;
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    const row = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? row[x - channels] : 0;
      const up = above[x];
      const corner = x >= channels ? above[x - channels] : 0;
      const estimate = left + up - corner;
      const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value));
      const paeth = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
      row[x] += [0, left, up, (left + up) >> 1, paeth][filter];
    }
    for (let x = 0; x < stride; x += channels) {
      const colour = (row[x] << 16) | (row[x + 1] << 8) | row[x + 2];
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
      brightness += (row[x] + row[x + 1] + row[x + 2]) / 3;
    }
    above = row;
  }
  const pixels = width * height;
  return { colours: counts.size, brightness: brightness / pixels, commonest: Math.max(...counts.values()) / pixels };
}

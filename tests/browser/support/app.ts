// The real app, without its window, on a data directory of its own.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface Ready {
  base_url: string;
  web_url: string;
}

/** A home directory of its own: programs' files are written there. The starter's weights stay where they are. */
const home = (dir: string) => ({
  HOME: path.join(dir, "home"),
  XDG_CONFIG_HOME: path.join(dir, "home/.config"),
  XDG_DATA_HOME: process.env.XDG_DATA_HOME ?? path.join(homedir(), ".local/share"),
});

export class App {
  readonly #process: ChildProcess;
  readonly #dir: string;
  readonly baseUrl: string;
  readonly webUrl: string;

  private constructor(process: ChildProcess, dir: string, ready: Ready) {
    this.#process = process;
    this.#dir = dir;
    this.baseUrl = ready.base_url;
    this.webUrl = ready.web_url;
  }

  /** `history` is a data directory that was made before; the app gets a copy of it. */
  static async start(env: Record<string, string> = {}, history?: string): Promise<App> {
    const binary = process.env.INGLENOOK_BIN ?? path.join(ROOT, "target/debug/inglenook");
    const dir = await mkdtemp(path.join(tmpdir(), "inglenook-browser-"));
    if (history !== undefined) await cp(history, path.join(dir, "data"), { recursive: true });
    const child = spawn(
      binary,
      ["serve", "--port", "0", "--web-port", "0", "--data-dir", path.join(dir, "data"), "--vault", env.INGLENOOK_PASSPHRASE ? "passphrase" : "memory"],
      { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...home(dir), ...env } },
    );
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
      if (process.env.INGLENOOK_LOG) process.stderr.write(chunk);
    });
    const ready = await new Promise<Ready>((resolve, reject) => {
      let out = "";
      child.stdout?.on("data", (chunk) => {
        out += chunk;
        for (const line of out.split("\n").slice(0, -1)) {
          const event = JSON.parse(line);
          if (event.event === "ready") resolve(event);
        }
      });
      child.once("exit", (code) => reject(new Error(`inglenook ended with ${code}: ${said}`)));
      child.once("error", reject);
    });
    if (ready.web_url === undefined) throw new Error("INGLENOOK_BIN was built without the feature web-host");
    return new App(child, dir, ready);
  }

  /** The app's process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Runs a command of the control plane, as the window does. */
  async control<T = unknown>(command: string, args: unknown = {}): Promise<T> {
    const url = new URL(this.webUrl);
    const response = await fetch(new URL("/control", url), {
      method: "POST",
      headers: { Authorization: `Bearer ${url.hash.replace("#token=", "")}`, "Content-Type": "application/json" },
      body: JSON.stringify({ command, args }),
    });
    const answer = (await response.json()) as { ok: T } | { failure: { message: string } };
    if ("failure" in answer) throw new Error(`${command}: ${answer.failure.message}`);
    return answer.ok;
  }

  /** A file in the home directory of this app's user. */
  async homeFile(name: string, text: string) {
    const file = path.join(home(this.#dir).HOME, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return { read: () => readFile(file, "utf8"), write: (next: string) => writeFile(file, next) };
  }

  /** Ends the app at once, as a crash would. */
  async kill(): Promise<void> {
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** Runs the command line on this app's data directory; gives what it prints. */
  cli(args: readonly string[]): string {
    const binary = process.env.INGLENOOK_BIN ?? path.join(ROOT, "target/debug/inglenook");
    return execFileSync(binary, ["--data-dir", path.join(this.#dir, "data"), ...args], { encoding: "utf8" });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      await rm(this.#dir, { recursive: true, force: true });
      return;
    }
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
    await rm(this.#dir, { recursive: true, force: true });
  }
}

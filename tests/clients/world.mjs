// Starts a scripted model and the app on a data directory of its own, makes agents and a key for each client, runs the
// tests, and takes everything down again.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { DRIVERS } from "./drivers.mjs";

const binary = process.env.INGLENOOK_BIN;

/** The app on scripted and real models; `key(name)` makes a key, `inglenook(args)` runs a command. */
export async function open(provider) {
  const dataDir = mkdtempSync(join(tmpdir(), "inglenook-clients-"));
  const server = spawn(binary, ["serve", "--port", "0", "--data-dir", dataDir, "--vault", "memory"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(server, "exit");
  const inglenook = (args, input) => {
    const out = execFileSync(binary, [...args, "--json", "--data-dir", dataDir], { encoding: "utf8", input });
    return out.trim() === "" ? null : JSON.parse(out);
  };
  let baseUrl;
  for await (const line of createInterface({ input: server.stdout })) {
    const said = JSON.parse(line);
    if (said.event === "ready") {
      baseUrl = said.base_url;
      break;
    }
  }
  if (baseUrl === undefined) throw new Error("the app ended before it was ready");
  const wire = ["--wire", "openai-chat", "--base-url", provider.baseUrl, "--no-key"];
  inglenook(["provider", "add", "scripted", ...wire]);
  inglenook(["provider", "add", "starter", "--kind", "starter"]);
  for (const slug of ["echo", "loop", "edit", "broken"])
    inglenook(["agent", "create", slug, "--model", `scripted/${slug}`, "--instructions", "Be brief."]);
  return {
    baseUrl,
    root: baseUrl.replace(/\/v1$/, ""),
    inglenook,
    key: (name) => inglenook(["key", "create", name]).secret,
    async close() {
      server.kill("SIGTERM");
      await gone;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const wanted = process.env.CLIENTS?.split(" ") ?? Object.keys(DRIVERS);
  const child = spawn(process.execPath, ["--test", "--test-reporter=tap", "clients.test.mjs"], {
    env: { ...process.env, CLIENTS: wanted.join(" ") },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  process.exit(code ?? 1);
}

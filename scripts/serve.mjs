// Runs `inglenook serve` and, once it is ready, prints a first call to try. What that call needs (the starter
// as a provider, an agent, a client key) is made through the same command line that a person would use.
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const [binary, ...given] = process.argv.slice(2);
const AGENT = "hello";
const KEY = "first-curl";

// what says where the data is goes to the commands too; the rest is for `serve` alone
const at = given.indexOf("--data-dir");
const place = at >= 0 ? given.slice(at, at + 2) : [];

function inglenook(...args) {
  const out = execFileSync(binary, [...args, "--json", ...place], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(out);
}

function prepare() {
  if (!inglenook("provider", "list").some((provider) => provider.id === "starter")) {
    inglenook("provider", "add", "starter", "--kind", "starter");
  }
  if (!inglenook("agent", "list").some((agent) => agent.slug === AGENT)) {
    inglenook(
      "agent", "create", AGENT,
      "--name", "Hello",
      "--model", "starter/smollm2-135m-instruct",
      "--instructions", "You are a friendly assistant. Answer in one or two short sentences.",
    );
  }
  // a key is shown once, so last time's cannot be printed again
  for (const key of inglenook("key", "list").filter((key) => key.name === KEY)) {
    inglenook("key", "revoke", key.id);
  }
  return inglenook("key", "create", KEY, "--agent", AGENT).secret;
}

const server = spawn(binary, ["serve", ...given], { stdio: ["ignore", "pipe", "inherit"] });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
server.on("exit", (code) => process.exit(code ?? 0));

for await (const line of createInterface({ input: server.stdout })) {
  console.log(line);
  const ready = JSON.parse(line);
  if (ready.event !== "ready") continue;
  let secret;
  try {
    secret = prepare();
  } catch (error) {
    // the command has said why; the endpoint serves all the same
    console.error(`The first call could not be prepared: ${error.message}`);
    continue;
  }
  console.log(`
The endpoint listens at ${ready.base_url}. A first call to try, from another terminal:

curl ${ready.base_url}/chat/completions \\
  -H 'Authorization: Bearer ${secret}' \\
  -H 'Content-Type: application/json' \\
  -d '{"model": "${AGENT}", "messages": [{"role": "user", "content": "Hello, who are you?"}]}'
`);
}

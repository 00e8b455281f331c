// Calls as programs make them, in number and kind: what the screens about calls are looked at with.

import { type App } from "./app.ts";
import { type Provider, words } from "./provider.ts";
import { addProvider, makeAgent } from "./test.ts";

export interface Programs {
  zed: string;
  nightly: string;
}

/** A provider, two agents, and the keys of two programs, one of which keeps nothing that is said. */
export async function programs(app: App, provider: Provider): Promise<Programs> {
  await addProvider(app, provider);
  await makeAgent(app, "reviewer", "Code reviewer", {
    instructions: "You review code as an experienced colleague would.",
    params: { temperature: 0.2 },
    locked: ["temperature"],
    budget: { cap: 5_000_000, per: "month" },
  });
  await makeAgent(app, "editor", "Editor", { target: "openai/gpt-4o" });
  const key = async (name: string, more: object = {}) =>
    (await app.control<{ secret: string }>("key.create", { name, ...more })).secret;
  return {
    zed: await key("Zed", { budgets: [{ cap: 20_000, per: "day" }] }),
    nightly: await key("nightly-report", { store: "none" }),
  };
}

interface Call {
  model?: string;
  session?: string;
  stream?: boolean;
  program?: string;
  more?: object;
}

/** Makes a call and reads its answer; gives the call's id. */
export async function call(app: App, key: string, content: string, how: Call = {}): Promise<string> {
  const response = await fetch(`${app.baseUrl}/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "user-agent": how.program ?? "Zed/0.199.1 (linux; x86_64)",
      ...(how.session === undefined ? {} : { "x-session-id": how.session }),
    },
    body: JSON.stringify({
      model: how.model ?? "reviewer",
      stream: how.stream ?? false,
      messages: [{ role: "user", content }],
      ...how.more,
    }),
  });
  const id = response.headers.get("x-request-id") ?? "";
  await response.text();
  return id;
}

/** What the provider says from now on. */
export function answers(provider: Provider, text: string, input = 1840, output = 96): void {
  provider.say = () => ({ pieces: words(text), pace: 3, usage: { prompt_tokens: input, completion_tokens: output } });
}

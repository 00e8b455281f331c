// The official Anthropic client for Node against the app.
import assert from "node:assert/strict";
import { test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

const { INGLENOOK_BASE_URL, INGLENOOK_KEY_NODE: apiKey } = process.env;
const baseURL = INGLENOOK_BASE_URL.replace(/\/v1$/u, "");
const client = new Anthropic({ baseURL, apiKey, maxRetries: 0, timeout: 120_000 });
const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const user = (content) => [{ role: "user", content }];
const ask = (more) => client.messages.create({ model: "parrot", max_tokens: 64, messages: user("polly"), ...more });

test("a message", async () => {
  const message = await ask();
  assert.deepEqual(message.content.map((block) => block.text), ["You said: polly"]);
  assert.equal(message.stop_reason, "end_turn");
  assert.deepEqual([message.usage.input_tokens, message.usage.cache_read_input_tokens], [19, 3]);
});

test("the stream helper and a tool loop", async () => {
  const tools = [WEATHER];
  const stream = client.messages.stream({ model: "weather", max_tokens: 64, messages: user("Malmö?"), tools });
  const first = await stream.finalMessage();
  const call = first.content.find((block) => block.type === "tool_use");
  assert.deepEqual([first.stop_reason, call.name, call.input], ["tool_use", "get_weather", { city: "Malmö" }]);
  const result = { type: "tool_result", tool_use_id: call.id, content: "rain" };
  const messages = [...user("Malmö?"), { role: "assistant", content: first.content }, { role: "user", content: [result] }];
  const last = await ask({ model: "weather", messages, tools });
  assert.equal(last.content[0].text, "The weather: rain.");
});

test("text arrives piece by piece", async () => {
  const pieces = [];
  const stream = client.messages.stream({ model: "parrot", max_tokens: 64, messages: user("one two three") });
  stream.on("text", (text) => pieces.push(text));
  await stream.done();
  assert.equal(pieces.join(""), "You said: one two three");
  assert.ok(pieces.length > 1);
});

test("tokens are counted and models listed", async () => {
  const { input_tokens } = await client.messages.countTokens({ model: "parrot", messages: user("polly") });
  assert.ok(input_tokens > 0);
  const ids = [];
  for await (const model of client.models.list({ limit: 2 })) ids.push(model.id);
  assert.ok(ids.includes("claude-parrot"), ids.join());
});

test("errors have their classes", async () => {
  const stranger = new Anthropic({ baseURL, apiKey: "sk-ink-wrong", maxRetries: 0 });
  const asked = { model: "parrot", max_tokens: 1, messages: user("x") };
  await assert.rejects(stranger.messages.create(asked), Anthropic.AuthenticationError);
  await assert.rejects(ask({ model: "nobody" }), Anthropic.NotFoundError);
  await assert.rejects(ask({ model: "broken-anthropic-node" }), Anthropic.InternalServerError);
});

// The official Node client against the app, the way programs use it.
import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

const { INGLENOOK_BASE_URL: baseURL, INGLENOOK_KEY_NODE: KEY, INGLENOOK_PARROT_ID, SCRIPTED_PROVIDER } = process.env;
const make = (apiKey = KEY, options = {}) => new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 120_000, ...options });
const client = make();
const user = (content) => [{ role: "user", content }];
const asked = async () => (await fetch(SCRIPTED_PROVIDER.replace("/v1", "/asked"))).json();
const WEATHER = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

test("the starter answers", async () => {
  const answer = await client.chat.completions.create({ model: "hello", messages: user("Hello!"), max_tokens: 24 });
  assert.ok(answer.choices[0].message.content.trim());
  assert.ok(["stop", "length"].includes(answer.choices[0].finish_reason));
  assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test("the starter streams", async () => {
  const stream = await client.chat.completions.create({
    model: "hello",
    messages: user("Say hello."),
    max_tokens: 24,
    stream: true,
  });
  let pieces = 0;
  let finish = null;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) pieces += 1;
    finish = chunk.choices[0]?.finish_reason ?? finish;
  }
  assert.ok(pieces > 1, "one piece is not a stream");
  assert.ok(["stop", "length"].includes(finish));
});

test("an agent answers by its name and by its id", async () => {
  for (const model of ["parrot", INGLENOOK_PARROT_ID]) {
    const answer = await client.chat.completions.create({ model, messages: user("polly") });
    assert.equal(answer.choices[0].message.content, "You said: polly");
    assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens], [22, 7]);
  }
  const sent = (await asked()).at(-1);
  assert.ok(!JSON.stringify(sent).includes(KEY), "the client's key must not reach a provider");
});

test("the stream helper", async () => {
  const stream = client.chat.completions.stream({
    model: "parrot",
    messages: user("a b c"),
    stream_options: { include_usage: true },
  });
  const pieces = [];
  stream.on("content", (delta) => pieces.push(delta));
  assert.equal(await stream.finalContent(), "You said: a b c");
  assert.ok(pieces.length > 2);
  assert.equal((await stream.totalUsage()).total_tokens, 29);
  assert.equal((await stream.finalChatCompletion()).choices[0].finish_reason, "stop");
});

test("a tool call is run by the helper and its result comes back", async () => {
  const cities = [];
  const runner = client.chat.completions.runTools({
    model: "weather",
    messages: user("What is the weather in Malmö?"),
    tools: [
      {
        type: "function",
        function: {
          ...WEATHER.function,
          parse: JSON.parse,
          function: ({ city }) => {
            cities.push(city);
            return "rain";
          },
        },
      },
    ],
  });
  assert.equal(await runner.finalContent(), "The weather: rain.");
  assert.deepEqual(cities, ["Malmö"]);
});

test("a streamed tool call", async () => {
  const stream = client.chat.completions.stream({ model: "weather", messages: user("weather?"), tools: [WEATHER] });
  const [call] = (await stream.finalMessage()).tool_calls;
  assert.equal(call.function.name, "get_weather");
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Malmö" });
});

test("models", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  for (const id of ["hello", "parrot", "weather"]) assert.ok(ids.includes(id), id);
  assert.equal((await client.models.retrieve("parrot")).id, "parrot");
  assert.equal((await client.models.retrieve(INGLENOOK_PARROT_ID)).object, "model");
  await assert.rejects(client.models.retrieve("no-such-agent"), OpenAI.NotFoundError);
});

const failing = (model, apiKey) => make(apiKey).chat.completions.create({ model, messages: user("x") });

test("a wrong key", async () => {
  await assert.rejects(failing("parrot", "sk-ink-wrong"), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.ok(error.error.message);
    return true;
  });
});

test("an unknown model", async () => {
  await assert.rejects(failing("no-such-agent"), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.deepEqual([error.code, error.param], ["model_not_found", "model"]);
    return true;
  });
});

test("a request that breaks a rule", async () => {
  await assert.rejects(client.chat.completions.create({ model: "parrot", messages: [] }), OpenAI.BadRequestError);
});

test("a broken provider", async () => {
  await assert.rejects(failing("broken-openai-node"), (error) => error instanceof OpenAI.InternalServerError && error.status === 502);
});

test("a provider over its limit", async () => {
  const before = (await asked()).filter(({ body }) => body.model === "busy").length;
  await assert.rejects(failing("busy"), OpenAI.RateLimitError);
  assert.ok((await asked()).filter(({ body }) => body.model === "busy").length > before);
});

test("a stream that breaks says so", async () => {
  const stream = await client.chat.completions.create({ model: "cut", messages: user("x"), stream: true });
  await assert.rejects(async () => {
    for await (const _ of stream);
  }, OpenAI.APIError);
});

test("a client that goes away in the middle", async () => {
  const stream = await client.chat.completions.create({
    model: "parrot",
    messages: user("a b c d e f g h"),
    stream: true,
  });
  for await (const _ of stream) break;
  stream.controller.abort();
  const answer = await client.chat.completions.create({ model: "parrot", messages: user("still there") });
  assert.equal(answer.choices[0].message.content, "You said: still there");
});

// The official Node client's responses against the app: whole, streamed, kept, continued.
import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

const { INGLENOOK_BASE_URL: baseURL, INGLENOOK_KEY_NODE: apiKey } = process.env;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 120_000 });
const WEATHER = {
  type: "function",
  name: "get_weather",
  description: "The weather in a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  strict: false,
};

test("an agent answers", async () => {
  const response = await client.responses.create({ model: "parrot", input: "polly" });
  assert.equal(response.output_text, "You said: polly");
  assert.equal(response.status, "completed");
  assert.deepEqual([response.usage.input_tokens, response.usage.output_tokens], [22, 7]);
});

test("a stream of events", async () => {
  const stream = await client.responses.create({ model: "parrot", input: "one two", stream: true });
  let text = "";
  let last;
  let number = 0;
  for await (const event of stream) {
    assert.equal(event.sequence_number, number++);
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event;
  }
  assert.equal(text, "You said: one two");
  assert.equal(last.type, "response.completed");
});

test("the stream helper", async () => {
  const stream = client.responses.stream({ model: "parrot", input: "a b c" });
  const pieces = [];
  stream.on("response.output_text.delta", ({ delta }) => pieces.push(delta));
  const final = await stream.finalResponse();
  assert.ok(pieces.length > 3);
  assert.equal(final.output_text, "You said: a b c");
});

test("a tool call and its result, by the server's memory", async () => {
  const ask = { model: "weather", tools: [WEATHER] };
  const first = await client.responses.create({ ...ask, input: "What is the weather in Malmö?" });
  const [call] = first.output;
  assert.deepEqual([call.type, call.name, JSON.parse(call.arguments)], ["function_call", "get_weather", { city: "Malmö" }]);
  const second = await client.responses.create({
    ...ask,
    previous_response_id: first.id,
    input: [{ type: "function_call_output", call_id: call.call_id, output: "rain" }],
  });
  assert.equal(second.output_text, "The weather: rain.");
});

test("a streamed tool call", async () => {
  const stream = client.responses.stream({ model: "weather", input: "weather?", tools: [WEATHER] });
  const [call] = (await stream.finalResponse()).output;
  assert.deepEqual(JSON.parse(call.arguments), { city: "Malmö" });
});

test("structured output", async () => {
  const schema = { type: "object", properties: { name: { type: "string" } }, required: ["name"], additionalProperties: true };
  const format = { type: "json_schema", name: "nook", schema };
  const response = await client.responses.parse({ model: "structured", input: "describe", text: { format } });
  assert.deepEqual(JSON.parse(response.output_text), { name: "Inglenook", seats: 2 });
});

test("a response is kept until it is deleted", async () => {
  const input = [0, 1, 2].map((n) => ({ role: "user", content: `item ${n}` }));
  const kept = await client.responses.create({ model: "parrot", input });
  assert.equal((await client.responses.retrieve(kept.id)).output_text, "You said: item 2");
  const items = [];
  for await (const item of client.responses.inputItems.list(kept.id, { order: "asc", limit: 2 })) items.push(item);
  assert.deepEqual(
    items.map((item) => item.content[0].text),
    ["item 0", "item 1", "item 2"],
  );
  await client.responses.delete(kept.id);
  await assert.rejects(client.responses.retrieve(kept.id), OpenAI.NotFoundError);
  await assert.rejects(client.responses.create({ model: "parrot", input: "x", previous_response_id: kept.id }), (error) => {
    assert.deepEqual([error.status, error.param, error.code], [400, "previous_response_id", "previous_response_not_found"]);
    return true;
  });
});

test("a stream in the background is taken up again", async () => {
  const stream = await client.responses.create({ model: "parrot", input: "a b c d e", background: true, stream: true });
  let id;
  let seen;
  for await (const event of stream) {
    id ??= event.response.id;
    seen = event.sequence_number;
    if (seen === 4) break;
  }
  stream.controller.abort();
  let last;
  for await (const event of client.responses.stream({ response_id: id, starting_after: seen })) last = event;
  assert.equal(last.type, "response.completed");
  assert.equal(last.response.output_text ?? last.response.output[0].content[0].text, "You said: a b c d e");
});

test("a stream that breaks says so", async () => {
  let last;
  for await (const event of await client.responses.create({ model: "cut", input: "x", stream: true })) last = event;
  assert.equal(last.type, "response.failed");
  assert.ok(last.response.error.message);
});

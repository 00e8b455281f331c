// A provider that speaks the chat-completions wire and does exactly what the model's name says. It keeps what it was
// asked, so that tests can assert what reached it.
import { once } from "node:events";
import { createServer } from "node:http";

const KEY = "provider-key-right";
const JSON_TYPE = { "content-type": "application/json" };

function words(messages) {
  const content = messages.at(-1)?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

function answerOf(model, body) {
  if (model === "tools") {
    const last = body.messages.at(-1);
    if (last.role === "tool") return { text: `The weather: ${words(body.messages)}.` };
    return { tool: { id: "call_scripted_1", name: body.tools[0].function.name, arguments: '{"city": "Malmö"}' } };
  }
  if (model === "json") return { text: '{"name": "Inglenook", "seats": 2}' };
  return { text: `You said: ${words(body.messages)}` };
}

function usageOf(body) {
  return {
    prompt_tokens: 11 * body.messages.length,
    completion_tokens: 7,
    total_tokens: 11 * body.messages.length + 7,
    prompt_tokens_details: { cached_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 2 },
  };
}

const head = (body) => ({ id: "chatcmpl-scripted", created: 1_790_000_000, model: body.model });

function whole(response, body) {
  const { text, tool } = answerOf(body.model, body);
  const call = tool && { id: tool.id, type: "function", function: { name: tool.name, arguments: tool.arguments } };
  const message = { role: "assistant", content: text ?? null, ...(call && { tool_calls: [call] }) };
  const choice = { index: 0, message, finish_reason: tool ? "tool_calls" : "stop" };
  response.writeHead(200, JSON_TYPE);
  response.end(JSON.stringify({ ...head(body), object: "chat.completion", choices: [choice], usage: usageOf(body) }));
}

function* deltas({ text, tool }) {
  yield { role: "assistant", content: tool ? null : "" };
  if (tool) {
    yield { tool_calls: [{ index: 0, id: tool.id, type: "function", function: { name: tool.name, arguments: "" } }] };
    // cut inside a word and inside a character escape, as real ones are
    for (const piece of tool.arguments.match(/.{1,4}/gsu)) {
      yield { tool_calls: [{ index: 0, function: { arguments: piece } }] };
    }
  } else {
    for (const piece of text.match(/\s*\S+/gu)) yield { content: piece };
  }
}

async function stream(response, body) {
  const answer = answerOf(body.model, body);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (chunk) => response.write(`data: ${JSON.stringify({ ...head(body), object: "chat.completion.chunk", ...chunk })}\n\n`);
  for (const delta of deltas(answer)) {
    send({ choices: [{ index: 0, delta, finish_reason: null }] });
    await new Promise((resolve) => setTimeout(resolve, 15));
    if (body.model === "cut" && delta.content) return response.destroy();
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: answer.tool ? "tool_calls" : "stop" }] });
  if (body.stream_options?.include_usage) send({ choices: [], usage: usageOf(body) });
  response.end("data: [DONE]\n\n");
}

function vectors(response, body) {
  const inputs = Array.isArray(body.input) && typeof body.input[0] !== "number" ? body.input : [body.input];
  const data = inputs.map((_, index) => ({ object: "embedding", index, embedding: [0.5, -1] }));
  response.writeHead(200, JSON_TYPE);
  response.end(JSON.stringify({ object: "list", model: body.model, data, usage: { prompt_tokens: 1, total_tokens: 1 } }));
}

function refuse(response, status, type, message, headers = {}) {
  response.writeHead(status, { ...JSON_TYPE, ...headers });
  response.end(JSON.stringify({ error: { message, type, param: null, code: null } }));
}

export async function listen() {
  const asked = [];
  const server = createServer(async (request, response) => {
    if (request.url === "/asked") {
      response.writeHead(200, JSON_TYPE);
      return response.end(JSON.stringify(asked));
    }
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      return refuse(response, 401, "invalid_request_error", "Incorrect API key provided.");
    }
    if (request.method === "GET" && request.url === "/v1/models") {
      response.writeHead(200, JSON_TYPE);
      return response.end(JSON.stringify({ object: "list", data: [{ id: "echo", object: "model" }] }));
    }
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces));
    asked.push({ path: request.url, headers: request.headers, body });
    if (request.url === "/v1/embeddings") return vectors(response, body);
    if (body.model.startsWith("broken-")) return refuse(response, 500, "server_error", "The scripted provider is broken.");
    if (body.model === "busy") {
      return refuse(response, 429, "rate_limit_error", "Too many requests.", { "retry-after": "7" });
    }
    return body.stream ? stream(response, body) : whole(response, body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

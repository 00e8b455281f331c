// A model that asks for the tool that the user names, and says what it was given.
import { once } from "node:events";
import { createServer } from "node:http";

function answer(messages) {
  const last = messages.at(-1);
  if (last.role === "tool") return { role: "assistant", content: `${last.content}` };
  // pictures of a tool stand behind what it said
  if (Array.isArray(last.content)) {
    const said = last.content.map((part) => part.text ?? part.image_url.url.slice(0, 40));
    return { role: "assistant", content: [messages.at(-2).content, ...said].join("\n") };
  }
  const { tool, arguments: args } = JSON.parse(last.content);
  const call = { id: "call_1", type: "function", function: { name: tool, arguments: JSON.stringify(args) } };
  return { role: "assistant", content: null, tool_calls: [call] };
}

export async function provider() {
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    response.writeHead(200, { "content-type": "application/json" });
    if (request.method === "GET") return response.end(JSON.stringify({ object: "list", data: [] }));
    const body = JSON.parse(Buffer.concat(pieces).toString());
    const message = answer(body.messages);
    const choice = { index: 0, message, finish_reason: message.tool_calls ? "tool_calls" : "stop" };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const head = { id: "chatcmpl-1", object: "chat.completion", created: 1, model: body.model };
    response.end(JSON.stringify({ ...head, choices: [choice], usage }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { baseUrl: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

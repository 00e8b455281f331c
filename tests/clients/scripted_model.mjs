// A provider with two models: `echo` repeats the last thing said, `loop` runs a command by whatever tool the client
// offers for that and then tells what the tool said. It keeps what it was asked, for tests to count.
import { once } from "node:events";
import { createServer } from "node:http";

/** What the tool is made to print; the answer must repeat it. */
export const MARK = "ink-4711";

const textOf = (content) =>
  typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("");

/** A call of the tool that runs commands, in the words that its own schema asks for. */
function commandCall(tools) {
  const runs = /^(shell|exec_command|local_shell|bash|mark)$/i;
  const tool = tools?.map((one) => one.function).find((one) => runs.test(one.name));
  if (tool === undefined) return undefined;
  const fields = tool.parameters?.properties ?? {};
  const args = {};
  if (fields.command?.type === "array") args.command = ["bash", "-lc", `echo ${MARK}`];
  else if (fields.command) args.command = `echo ${MARK}`;
  if (fields.cmd) args.cmd = `echo ${MARK}`;
  if (fields.description) args.description = "Print the mark";
  return { id: "call_mark_1", name: tool.name, arguments: JSON.stringify(args) };
}

/** An edit in the form that aider asks its models for. */
const EDIT = ["greeting.txt", "```", "<<<<<<< SEARCH", "hello", "=======", MARK, ">>>>>>> REPLACE", "```", ""].join("\n");

function answerOf(body) {
  const last = body.messages.at(-1);
  const asked = textOf(body.messages.findLast((message) => message.role === "user")?.content);
  if (body.model === "edit") return { text: EDIT };
  if (body.model === "loop") {
    if (last.role === "tool") return { text: `The tool said: ${textOf(last.content)}` };
    const call = commandCall(body.tools);
    if (call) return { call };
  }
  // clients put reminders of their own around what the person typed
  return { text: `You said: ${asked.match(/say \w+/u)?.[0] ?? asked.slice(0, 80)}` };
}

function* chunks(body) {
  const { text, call } = answerOf(body);
  const chunk = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
  yield chunk({ role: "assistant", content: "" });
  if (call) {
    const { id, name } = call;
    yield chunk({ tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: "" } }] });
    for (const piece of call.arguments.match(/.{1,8}/gsu))
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
  } else {
    for (const piece of text.match(/\s*\S+\s*/gu) ?? []) yield chunk({ content: piece });
  }
  yield chunk({}, call ? "tool_calls" : "stop");
  yield { choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } };
}

function whole(body) {
  const { text, call } = answerOf(body);
  const tool_calls = call && [{ id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } }];
  const message = { role: "assistant", content: text ?? null, ...(tool_calls && { tool_calls }) };
  const choices = [{ index: 0, message, finish_reason: call ? "tool_calls" : "stop" }];
  return { object: "chat.completion", choices, usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } };
}

export async function listen() {
  const asked = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    if (!request.url.endsWith("/chat/completions")) {
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ object: "list", data: [{ id: "echo", object: "model" }] }));
    }
    const body = JSON.parse(Buffer.concat(pieces));
    asked.push(body);
    if (body.model === "broken") {
      response.writeHead(500, { "content-type": "application/json" });
      return response.end(JSON.stringify({ error: { message: "The scripted model is broken.", type: "server_error" } }));
    }
    const head = { id: "chatcmpl-scripted", created: 1_790_000_000, model: body.model };
    if (!body.stream) {
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(JSON.stringify({ ...head, ...whole(body) }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks(body))
      response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...chunk })}\n\n`);
    return response.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    asked,
    baseUrl: `http://127.0.0.1:${server.address().port}/v1`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

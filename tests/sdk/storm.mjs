// A provider that fails in the way its address says, and a door before the app that counts who knocks. The failure is
// in the path, so no client and no request has to be changed for it, and each client has a target of its own: what
// one breaks, the circuit breaker does not take from another.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";

const JSON_TYPE = { "content-type": "application/json" };
const error = (message, code = null) => JSON.stringify({ error: { message, type: "x", param: null, code } });
const status = (number, headers = {}) => (response) => {
  response.writeHead(number, { ...JSON_TYPE, ...headers });
  response.end(error(`The provider says ${number}.`));
};

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: "u", object: "chat.completion.chunk", created: 1, model: "u", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

// what the provider does, by the name of the failure
export const FAILURES = {
  500: status(500),
  502: status(502),
  disconnected: (response) => response.destroy(),
  "cut whole": (response) => {
    response.writeHead(200, { ...JSON_TYPE, "content-length": 1000 });
    response.write('{"id": "u", ');
    setTimeout(() => response.destroy(), 50);
  },
  nonsense: (response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html>Please log in.</html>");
  },
  timeout: () => {},
  400: status(400),
  401: status(401),
  403: status(403),
  404: status(404),
  429: status(429),
  "429 with retry-after: 0": status(429, { "retry-after": "0" }),
  "429 with retry-after: 1": status(429, { "retry-after": "1" }),
  "429 with retry-after: 3600": status(429, { "retry-after": "3600" }),
  503: status(503),
  "529 overloaded": status(529),
  "cut stream": (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunk({ role: "assistant", content: "Once" }));
    setTimeout(() => response.destroy(), 50);
  },
  "stream without an end": (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(chunk({ role: "assistant", content: "Once" }));
  },
};
export const isStreamed = (failure) => failure.includes("stream");

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

async function read(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const count = (counts, name) => counts.set(name, (counts.get(name) ?? 0) + 1);

// The provider: `/NUMBER-OF-FAILURE/CLIENT/v1/…`, or `well` for one that answers.
export async function provider() {
  const asked = new Map();
  const names = Object.keys(FAILURES);
  const server = createServer(async (request, response) => {
    const [, failure, client] = request.url.split("/");
    await read(request);
    count(asked, `${failure}-${client}`);
    const fail = FAILURES[names[Number(failure.slice(1))]];
    if (fail) return fail(response);
    response.writeHead(200, JSON_TYPE);
    const message = { role: "assistant", content: "ok" };
    response.end(JSON.stringify({ id: "u", object: "chat.completion", created: 1, model: "u", choices: [{ index: 0, message, finish_reason: "stop" }] }));
  });
  return { asked, ...(await listening(server)) };
}

// The door: every request goes on to the app as it is, but for the host, which the app wants to be its own.
export async function door(app) {
  const knocks = new Map();
  const { host, port } = new URL(app);
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const model = JSON.parse(body.length > 0 ? body : "{}").model ?? "";
    count(knocks, model.split("/")[0]);
    const onwards = ask({ port, host: "127.0.0.1", path: request.url, method: request.method, headers: { ...request.headers, host } });
    onwards.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on("error", () => response.destroy());
      answer.on("aborted", () => response.destroy());
      answer.pipe(response);
    });
    onwards.on("error", () => response.destroy());
    onwards.end(body);
  });
  return { knocks, ...(await listening(server)) };
}

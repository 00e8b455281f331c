// A provider of our own: speaks OpenAI chat completions, says what a test tells it to, and remembers what it was asked.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  model: string;
  messages: Array<{ role: string; content: unknown }>;
  stream?: boolean;
  max_tokens?: number;
}

export interface Saying {
  /** Pieces of the answer, in order. */
  pieces: string[];
  /** Milliseconds before each piece. */
  pace?: number;
  /** Pieces a second, kept on average: what came late is caught up with. */
  rate?: number;
  /** Called for each piece as it is sent. */
  sent?: (piece: number) => void;
  reasoning?: string;
  /** Tools that the model asks for at its end. */
  calls?: Array<{ id: string; name: string; arguments: object }>;
  usage?: { prompt_tokens: number; completion_tokens: number };
  /** Why the model ends; absent: it is done. */
  finish?: "stop" | "length";
  /** Nothing is answered before this. */
  after?: Promise<void>;
  /** Fail with this status instead. */
  status?: number;
}

export const KEY = "sk-test-0123456789abcdef-good";

export class Provider {
  readonly asked: Asked[] = [];
  /** Connections that the app gave up while an answer was being written. */
  dropped = 0;
  say: (asked: Asked) => Saying = () => ({ pieces: ["Hello", " there."] });
  models = ["gpt-4o-mini", "gpt-4o"];
  /** How many tokens a model reads, where that is said. */
  windows: Record<string, number> = {};
  #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<Provider> {
    const provider = new Provider();
    await new Promise<void>((ready) => provider.#server.listen(0, "127.0.0.1", ready));
    return provider;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (request.headers.authorization !== `Bearer ${KEY}`) {
      json(401, { error: { message: "Incorrect API key provided.", type: "invalid_request_error", code: "invalid_api_key" } });
      return;
    }
    if (request.method === "GET") {
      json(200, { object: "list", data: this.models.map((id) => ({ id, object: "model", created: 0, owned_by: "test", context_length: this.windows[id] })) });
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body) as Asked;
    this.asked.push(asked);
    const saying = this.say(asked);
    await saying.after;
    if (saying.status !== undefined) {
      json(saying.status, { error: { message: "The test provider fails on purpose.", type: "server_error", code: null } });
      return;
    }
    const usage = saying.usage ?? { prompt_tokens: 120, completion_tokens: saying.pieces.length };
    const whole = { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens };
    const id = `chatcmpl-${this.asked.length}`;
    const calls = (saying.calls ?? []).map((call, index) => ({
      index,
      id: call.id,
      type: "function",
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    }));
    if (!asked.stream) {
      json(200, {
        id,
        object: "chat.completion",
        created: 1_790_000_000,
        model: asked.model,
        choices: [
          {
            index: 0,
            message: { role: "assistant", content: saying.pieces.join(""), ...(calls.length > 0 && { tool_calls: calls }) },
            finish_reason: calls.length > 0 ? "tool_calls" : "stop",
          },
        ],
        usage: whole,
      });
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    let gone = false;
    response.on("close", () => {
      if (!response.writableEnded) this.dropped += 1;
      gone = true;
    });
    const event = (choices: unknown[], more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created: 1_790_000_000, model: asked.model, choices, ...more })}\n\n`,
      );
    event([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
    if (saying.reasoning !== undefined) {
      event([{ index: 0, delta: { reasoning_content: saying.reasoning }, finish_reason: null }]);
      await new Promise((next) => setTimeout(next, 250));
    }
    const began = Date.now();
    for (const [at, content] of saying.pieces.entries()) {
      const wait = saying.rate === undefined ? (saying.pace ?? 0) : began + (at * 1000) / saying.rate - Date.now();
      if (wait > 0) await new Promise((next) => setTimeout(next, wait));
      if (gone) return;
      event([{ index: 0, delta: { content }, finish_reason: null }]);
      saying.sent?.(at);
    }
    if (calls.length > 0) event([{ index: 0, delta: { tool_calls: calls }, finish_reason: null }]);
    event([{ index: 0, delta: {}, finish_reason: calls.length > 0 ? "tool_calls" : (saying.finish ?? "stop") }]);
    event([], { usage: whole });
    response.end("data: [DONE]\n\n");
  }
}

/** A text in pieces of about a word. */
export const words = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

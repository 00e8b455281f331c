// A provider for what a window is looked at with: it streams what it is told to and keeps what it was asked.
import { createServer } from "node:http";

export class Provider {
  asked = [];
  // pieces of the next answer
  pieces = ["Hello", " there."];
  // milliseconds between them
  pace = 0;
  #server = createServer((request, response) => void this.#answer(request, response));

  static async start() {
    const provider = new Provider();
    await new Promise((ready) => provider.#server.listen(0, "127.0.0.1", ready));
    return provider;
  }

  // Adds itself to the app as `p`, and an agent named Helper on its model. Without a key: a desk's vault ends with the app.
  async serve(browser) {
    const base_url = `http://127.0.0.1:${this.#server.address().port}/v1`;
    await browser.control("provider.add", { id: "p", kind: "custom", wire: "openai-chat", base_url, key: null, no_key: true });
    await browser.control("agent.create", { slug: "helper", name: "Helper", instructions: "", target: "p/m" });
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ object: "list", data: [{ id: "m", object: "model" }] }));
      return;
    }
    this.asked.push(JSON.parse(body));
    const { pieces, pace } = this;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (delta, finish_reason = null) => {
      const choices = [{ index: 0, delta, finish_reason }];
      response.write(`data: ${JSON.stringify({ id: "a", object: "chat.completion.chunk", created: 1, model: "m", choices })}\n\n`);
    };
    chunk({ role: "assistant", content: "" });
    for (const content of pieces) {
      if (pace > 0) await new Promise((next) => setTimeout(next, pace));
      chunk({ content });
    }
    chunk({}, "stop");
    response.end("data: [DONE]\n\n");
  }
}

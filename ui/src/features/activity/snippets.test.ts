import { describe, expect, test } from "vitest";
import type { CallView, Message } from "@/api/generated/types";
import { requestOf, snippet } from "./snippets";

const BASE = "http://127.0.0.1:4645/v1";
const body = {
  model: "reviewer",
  stream: false,
  stop: null,
  messages: [{ role: "user", content: 'it\'s "so"\n' }],
};
const view = (more: object = {}) =>
  ({
    route: "POST /v1/messages",
    source: { from: "client", key: "ck_1" },
    client_request: { headers: [], body: { text: JSON.stringify(body), size: 1, cut: false } },
    ...more,
  }) as unknown as CallView;

describe("a call as a program", () => {
  test("it goes to its own route with the client's own body", () => {
    expect(requestOf(view(), BASE)).toMatchObject({ url: "http://127.0.0.1:4645/v1/messages", body });
  });

  test("what was cut or not kept is not offered", () => {
    const cut = { headers: [], body: { text: "{", size: 9, cut: true } };
    expect(requestOf(view({ client_request: cut }), BASE)).toBe("cut");
    expect(requestOf(view({ client_request: null }), BASE)).toBe("unkept");
  });

  test("a path with a name in it is the path that was called", () => {
    const path = (route: string, requested_model: string) => {
      const request = requestOf(view({ route, requested_model }), BASE);
      return typeof request === "string" ? request : request.url.slice("http://127.0.0.1:4645".length);
    };
    expect(path("POST /v1beta/models/{id}:generateContent", "reviewer")).toBe(
      "/v1beta/models/reviewer:generateContent",
    );
    expect(path("POST /v1/agents/{id}/chat", "ag_1")).toBe("/v1/agents/ag_1/chat");
    expect(path("POST /api/agents/{id}/openai/chat/completions", "a b")).toBe(
      "/api/agents/a%20b/openai/chat/completions",
    );
    expect(path("POST /v1/agents/{id}/chat", "")).toBe("nameless");
  });

  test("the window's question is put as a program would", () => {
    const asked = { role: "user", parts: [{ type: "text", text: "Hi" }] };
    const window = {
      client_request: null,
      source: { from: "window" },
      route: "window",
      agent_slug: "a",
      asked,
    };
    expect(requestOf(view(window), BASE)).toMatchObject({
      url: `${BASE}/chat/completions`,
      body: { model: "a", messages: [{ role: "user", content: "Hi" }] },
    });
    const text = (role: string, text: string) => ({ role, parts: [{ type: "text", text }] });
    const said = [text("user", "One"), text("assistant", "Two"), text("tool", "391"), text("user", "Hi")];
    expect(requestOf(view(window), BASE, said as unknown as Message[])).toMatchObject({
      body: {
        model: "a",
        messages: [
          { role: "user", content: "One" },
          { role: "assistant", content: "Two" },
          { role: "user", content: "Hi" },
        ],
      },
    });
    expect(requestOf(view({ ...window, asked: null }), BASE)).toBe("spoken");
  });

  test("quotes and line breaks survive the shell and Python, and no key is filled in", () => {
    const request = requestOf(view(), BASE);
    if (typeof request === "string") throw new Error("no request");
    expect(snippet("curl", request)).toContain(`it'\\''s \\"so\\"\\n`);
    expect(snippet("Python", request)).toContain('"stop": None');
    expect(snippet("Python", request)).toContain('"stream": False');
    for (const language of ["curl", "Python", "Node"] as const) {
      expect(snippet(language, request)).toContain("Bearer YOUR_KEY");
    }
  });
});

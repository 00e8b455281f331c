import { describe, expect, test } from "vitest";
import type { CallView } from "@/api/generated/types";
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
    expect(requestOf(view({ client_request: cut }), BASE)).toBeNull();
    expect(requestOf(view({ client_request: null }), BASE)).toBeNull();
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
  });

  test("quotes and line breaks survive the shell and Python, and no key is filled in", () => {
    const request = requestOf(view(), BASE);
    if (request === null) throw new Error("no request");
    expect(snippet("curl", request)).toContain(`it'\\''s \\"so\\"\\n`);
    expect(snippet("Python", request)).toContain('"stop": None');
    expect(snippet("Python", request)).toContain('"stream": False');
    for (const language of ["curl", "Python", "Node"] as const) {
      expect(snippet(language, request)).toContain("Bearer YOUR_KEY");
    }
  });
});

import { beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "./entries";
import { chose, ranked } from "./rank";

const entry = (id: string, label: string, more: Partial<Entry> = {}): Entry => ({
  id,
  group: "do",
  label,
  icon: (() => null) as unknown as Entry["icon"],
  run: () => undefined,
  ...more,
});

const ALL = [
  entry("/connect", "Connect", { group: "go" }),
  entry("new-chat", "New chat"),
  entry("new-key", "New client key"),
  entry("chat-1", "Code reviewer", { group: "chat", hint: "reviewer" }),
  entry("theme-dark", "Use the dark theme", { group: "settings", quiet: true }),
];
const ids = (query: string, found: Entry[] = []) => ranked(query, ALL, found).map((one) => one.id);

describe("what the palette shows", () => {
  beforeEach(() => localStorage.clear());

  test("with nothing typed, by group, and not what is only searched for", () => {
    expect(ids("")).toEqual(["new-chat", "new-key", "/connect", "chat-1"]);
  });

  test("the last choices stand on top, once", () => {
    chose(ALL[3] as Entry);
    chose(ALL[0] as Entry);
    expect(ids("")).toEqual(["/connect", "chat-1", "new-chat", "new-key"]);
    expect(ranked("", ALL, [])[0]?.group).toBe("recent");
  });

  test("letters that were left out, words in any order, and the best match first", () => {
    expect(ids("cnnct")[0]).toBe("/connect");
    expect(ids("rev code")[0]).toBe("chat-1");
    expect(ids("dark")[0]).toBe("theme-dark");
    expect(ids("chat code rev")[0]).toBe("chat-1");
    expect(ids("new")[0]).toMatch(/^new-/);
  });

  test("nothing for what nothing is like, but the sessions that were found", () => {
    expect(ids("qqzzx")).toEqual([]);
    expect(ids("qqzzx", [entry("session-1", "Lock order", { group: "sessions" })])).toEqual(["session-1"]);
  });
});

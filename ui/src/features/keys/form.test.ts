import { describe, expect, test } from "vitest";
import type { ClientKeyView } from "@/api/generated/types";
import { changing, creating, faultsOf, formOf, NEW_FORM } from "./form";

const KEY = {
  id: "ck_1",
  name: "Zed",
  icon: null,
  agent_slugs: ["reviewer"],
  budgets: [{ cap: 2_500_000, per: "month" }],
  session_budget: 1,
  rpm: 60,
  rph: null,
  rpd: null,
  tpm: null,
  concurrency: 4,
  default_agent: null,
  catch_all: "ag_1",
  raw_models: false,
  aliases: [["gpt-4o", "reviewer"]],
  origins: ["https://app.example.com"],
  no_tools: false,
  tool_caps: [{ tool: "web_fetch", rule: "ask" }],
  store: "metadata",
  expires_at: 1,
} as unknown as ClientKeyView;

describe("a key's form", () => {
  test("what was not touched stays as it is", () => {
    expect(changing("ck_1", formOf(KEY))).toEqual({
      key: "ck_1",
      name: "Zed",
      icon: "",
      agents: ["reviewer"],
      budgets: [{ cap: 2_500_000, per: "month" }],
      session_budget: 1,
      rpm: 60,
      rph: 0,
      rpd: 0,
      tpm: 0,
      concurrency: 4,
      default_agent: "",
      catch_all: "ag_1",
      raw_models: false,
      aliases: [["gpt-4o", "reviewer"]],
      origins: ["https://app.example.com"],
      no_tools: false,
      tool_caps: [{ tool: "web_fetch", rule: "ask" }],
      store: "metadata",
      expires_in: null,
    });
  });

  test("what is emptied is taken away", () => {
    const form = { ...formOf(KEY), budgets: [], session: "", expires: "", catchAll: "" };
    expect(changing("ck_1", form)).toMatchObject({
      budgets: [],
      session_budget: -1,
      expires_in: 0,
      catch_all: "",
    });
  });

  test("a new key says only what was said", () => {
    expect(creating({ ...NEW_FORM, name: " aider " })).toMatchObject({
      name: "aider",
      budgets: [],
      session_budget: null,
      rpm: null,
      expires_in: null,
      icon: null,
    });
  });

  test("each fault is named where it is", () => {
    const form = {
      ...NEW_FORM,
      budgets: [
        { at: 0, cap: "1", per: "day" as const },
        { at: 1, cap: "2", per: "day" as const },
        { at: 2, cap: "much", per: "week" as const },
      ],
      rates: { ...NEW_FORM.rates, tpm: "1.5" },
      aliases: [{ at: 0, model: "", agent: "reviewer" }],
      origins: "https://a.example/path",
    };
    expect([...faultsOf(form)]).toEqual([
      ["name", "name"],
      ["budget-1", "twice"],
      ["budget-2", "amount"],
      ["tpm", "whole"],
      ["alias-0", "alias"],
      ["origins", "origin"],
    ]);
  });
});

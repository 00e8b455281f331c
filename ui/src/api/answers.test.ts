import { describe, expect, it } from "vitest";
import { Answers, saidIn } from "./answers";
import type { MessageView, Notice, PieceKind, Receipt } from "./generated/types";

const RECEIPT: Receipt = {
  call: "ca_1",
  target: "openai/gpt",
  usage: null,
  cost: null,
  confidence: "unknown",
  first_token_ms: null,
  total_ms: 5,
  reasoning_ms: null,
  finish: null,
  failure: null,
};

const piece = (seq: number, text: string, kind: PieceKind = "text"): Notice => ({
  notice: "answer_piece",
  session: "se_1",
  message: "ms_1",
  seq,
  kind,
  text,
});
const started: Notice = { notice: "answer_started", session: "se_1", message: "ms_1", call: "ca_1" };
const stored = (text: string, seq: number, state: MessageView["state"] = "streaming"): MessageView => ({
  id: "ms_1",
  parent: null,
  role: "assistant",
  message: { role: "assistant", parts: text === "" ? [] : [{ type: "text", text }] },
  state,
  created_at: 0,
  branches: ["ms_1"],
  answered_by: null,
  receipt: null,
  recalled: 0,
  tool_times: [],
  seq,
});

function setUp() {
  const frames: Array<() => void> = [];
  const answers = new Answers((flush) => frames.push(flush));
  const flush = () => {
    for (const frame of frames.splice(0)) frame();
  };
  const text = () => {
    flush();
    return answers
      .get("ms_1")
      .segments.map((segment) => segment.text)
      .join("|");
  };
  return { answers, flush, text, frames };
}

describe("answers that are being written", () => {
  it("join pieces in order, whatever order they come in", () => {
    const { answers, text } = setUp();
    answers.take(started);
    answers.take(piece(2, "b"));
    answers.take(piece(1, "a"));
    answers.take(piece(3, "c"));
    expect(text()).toBe("abc");
  });

  it("are told at most once a frame", () => {
    const { answers, flush, frames } = setUp();
    let told = 0;
    answers.subscribe("ms_1", () => {
      told += 1;
    });
    answers.take(started);
    for (let seq = 1; seq <= 500; seq++) answers.take(piece(seq, "x"));
    expect(frames).toHaveLength(1);
    flush();
    expect(told).toBe(1);
    expect(answers.get("ms_1").segments[0]?.text).toHaveLength(500);
  });

  it("go on after a reload without loss or doubling (REL-30)", () => {
    // the page came back in the middle: pieces arrive before the session is read
    const { answers, text } = setUp();
    answers.take(piece(4, "d"));
    answers.take(piece(5, "e"));
    expect(text()).toBe("");
    answers.adopt([stored("abcd", 4)]);
    expect(text()).toBe("abcde");
    answers.take(piece(4, "d"));
    answers.take(piece(6, "f"));
    expect(text()).toBe("abcdef");
  });

  it("are never set back by a session that was read late", () => {
    const { answers, text } = setUp();
    answers.take(started);
    for (const [at, letter] of [..."abc"].entries()) answers.take(piece(at + 1, letter));
    answers.adopt([stored("a", 1)]);
    expect(text()).toBe("abc");
  });

  it("ask for the session when a piece is missing", () => {
    const { answers, text } = setUp();
    const gaps: string[] = [];
    answers.onGap = (session) => gaps.push(session);
    answers.subscribe("ms_1", () => undefined);
    answers.take(started);
    answers.take(piece(1, "a"));
    answers.take(piece(3, "c"));
    expect(text()).toBe("a");
    expect(gaps).toEqual(["se_1"]);
    answers.adopt([stored("ab", 2)]);
    expect(text()).toBe("abc");
  });

  it("keep one segment a kind, as the app does", () => {
    const { answers, flush } = setUp();
    answers.take(started);
    answers.take(piece(1, "think", "reasoning"));
    answers.take(piece(2, "say"));
    answers.take(piece(3, "ing", "reasoning"));
    flush();
    expect(answers.get("ms_1").segments).toEqual([
      { kind: "reasoning", text: "thinking" },
      { kind: "text", text: "say" },
    ]);
  });

  it("end with their receipt, and make room once the session holds the whole", () => {
    const { answers, flush, text } = setUp();
    answers.take(started);
    answers.take(piece(1, "a"));
    answers.take({
      notice: "answer_ended",
      session: "se_1",
      message: "ms_1",
      state: "stopped",
      receipt: RECEIPT,
    });
    flush();
    expect(answers.get("ms_1").ended?.state).toBe("stopped");
    answers.adopt([stored("a", 1, "stopped")]);
    expect(text()).toBe("");
  });
});

describe("what a finished answer says", () => {
  const of = (parts: MessageView["message"]["parts"], role: "assistant" | "user" = "assistant") =>
    saidIn({ ...stored("", 0, "complete"), message: { role, parts } });
  const text = { type: "text", text: "said" } as const;
  const thought = { type: "reasoning", text: "thought", signature: null } as const;

  it("is what was told piece by piece, when it holds nothing else", () => {
    expect(of([thought, text])).toEqual([
      { kind: "reasoning", text: "thought" },
      { kind: "text", text: "said" },
    ]);
    expect(of([{ ...thought, text: "" }, text])).toEqual([{ kind: "text", text: "said" }]);
  });

  it("is shown part by part otherwise", () => {
    expect(of([])).toBeNull();
    expect(of([text], "user")).toBeNull();
    expect(of([text, thought, text])).toBeNull();
    expect(of([text, { type: "tool_call", id: "1", name: "look", arguments: "{}" }])).toBeNull();
    expect(
      of([
        { ...thought, text: "" },
        { type: "tool_call", id: "1", name: "look", arguments: "{}" },
      ]),
    ).toBeNull();
  });
});

describe("tools in an answer", () => {
  const call = { type: "tool_call", id: "c1", name: "calculator", arguments: "{}" } as const;
  const result = {
    type: "tool_result",
    call_id: "c1",
    parts: [{ type: "text", text: "4" }],
    is_error: false,
  } as const;
  const with_parts = (...parts: unknown[]) =>
    ({ ...stored("", 0, "complete"), message: { role: "assistant", parts } }) as unknown as MessageView;

  it("stand between what was said before and after them", () => {
    const { answers, flush } = setUp();
    const stepped = (seq: number, step: unknown) =>
      ({
        notice: "answer_step",
        session: "se_1",
        message: "ms_1",
        seq,
        step,
        took_ms: step === result ? 7 : null,
      }) as unknown as Notice;
    answers.take(started);
    answers.take(piece(1, "Let me "));
    answers.take(piece(2, "see."));
    answers.take(stepped(3, call));
    answers.take(stepped(4, result));
    answers.take(piece(5, "Four."));
    flush();
    const shown = answers.get("ms_1").segments;
    expect(shown.map((one) => [one.kind, one.text])).toEqual([
      ["text", "Let me see."],
      ["tool", ""],
      ["text", "Four."],
    ]);
    expect(shown[1]).toMatchObject({ result, took: 7 });
    // and are the same when the answer is finished
    const text = (text: string) => ({ type: "text", text });
    const tool_times = [{ tool_call: call.id, took_ms: 7 }];
    const finished = { ...with_parts(text("Let me see."), call, result, text("Four.")), tool_times };
    expect(saidIn(finished)).toEqual(shown);
  });

  it("have each their own time, also where two are named alike", () => {
    const tool_times = [7, null].map((took_ms) => ({ tool_call: call.id, took_ms }));
    const twice = { ...with_parts(call, result, call, result), tool_times };
    expect(saidIn(twice)?.map((one) => one.took)).toEqual([7, null]);
  });

  it("of the caller are not the agent's", () => {
    expect(saidIn(with_parts({ type: "text", text: "Look it up." }, call))).toBeNull();
  });
});

// Answers that are being written, outside of React and of the query cache: a piece costs one string append, and what
// is on screen is told at most once a frame (U4, U6).

import type { MessageState, MessageView, Notice, Part, PieceKind, Receipt } from "./generated/types";

export type ToolCall = Extract<Part, { type: "tool_call" }>;
export type ToolResult = Extract<Part, { type: "tool_result" }>;

/** What was said or thought in one go; or a tool of the agent that was called, and says nothing. */
export interface Segment {
  readonly kind: PieceKind | "tool";
  readonly text: string;
  readonly call?: ToolCall;
  readonly result?: ToolResult;
  /** Milliseconds it ran; `null` where it was not run. */
  readonly took?: number | null;
}

export interface Answer {
  readonly segments: readonly Segment[];
  /** How it ended, as soon as it has. */
  readonly ended: { readonly state: MessageState; readonly receipt: Receipt } | null;
}

type Piece = Extract<Notice, { notice: "answer_piece" | "answer_step" }>;

interface Live {
  session: string;
  /** Number of the last piece in `segments`; -1 until it is known what came before us. */
  seq: number;
  segments: Segment[];
  /** Pieces that cannot be joined yet, by number. */
  waiting: Map<number, Piece>;
  ended: Answer["ended"];
  shown: Answer;
  dirty: boolean;
}

const NOTHING: Answer = { segments: [], ended: null };

/** One segment a kind between the calls of tools, in the order in which they came: as the app keeps an answer. */
function append(segments: Segment[], kind: PieceKind, text: string): void {
  const since = segments.findLastIndex((segment) => segment.kind === "tool") + 1;
  const at = segments.findIndex((segment, place) => place >= since && segment.kind === kind);
  const before = segments[at];
  if (before === undefined) segments.push({ kind, text });
  else segments[at] = { kind, text: before.text + text };
}

/** A call of a tool is a segment; what it gave is added to it. */
function step(segments: Segment[], part: Part, took: number | null): void {
  if (part.type === "tool_call") segments.push({ kind: "tool", text: "", call: part });
  if (part.type !== "tool_result") return;
  const at = segments.findLastIndex((segment) => segment.call?.id === part.call_id);
  const called = segments[at];
  if (called !== undefined) segments[at] = { ...called, result: part, took };
}

/** The readable parts of a message as segments, with the tools that were run for it. */
export function segmentsOf(message: MessageView): Segment[] {
  const segments: Segment[] = [];
  const times = [...message.tool_times];
  // a model may call two of its calls by one name: their times stand in the order of the calls
  const timeOf = (part: Part): number | null => {
    if (part.type !== "tool_result") return null;
    const at = times.findIndex((one) => one.tool_call === part.call_id);
    return at < 0 ? null : (times.splice(at, 1)[0]?.took_ms ?? null);
  };
  for (const part of message.message.parts) {
    if (part.type === "text" || part.type === "reasoning" || part.type === "refusal") {
      append(segments, part.type, part.text);
    } else step(segments, part, timeOf(part));
  }
  return segments;
}

/** The same of a finished answer that holds nothing else, in the same order; otherwise `null`. */
export function saidIn(message: MessageView): Segment[] | null {
  const { role, parts } = message.message;
  const filled = parts.filter(
    (part) => part.type !== "tool_result" && (part.type !== "reasoning" || part.text !== ""),
  );
  const segments = segmentsOf(message).filter((segment) => segment.kind === "tool" || segment.text !== "");
  const alone = filled.every((part, at) => {
    const segment = segments[at];
    // a call without its result is the caller's to answer
    return part.type === "tool_call" ? segment?.result !== undefined : part.type === segment?.kind;
  });
  return role === "assistant" && filled.length > 0 && filled.length === segments.length && alone
    ? segments
    : null;
}

export class Answers {
  #live = new Map<string, Live>();
  #listeners = new Map<string, Set<() => void>>();
  #scheduled = false;
  readonly #frame: (flush: () => void) => void;
  /** Called when pieces were missed and the session must be read again. */
  onGap: (session: string) => void = () => undefined;

  constructor(frame: (flush: () => void) => void) {
    this.#frame = frame;
  }

  /** Takes a notice about an answer. */
  take(notice: Notice): void {
    if (notice.notice === "answer_started") {
      this.#entry(notice.message, notice.session, 0);
    } else if (notice.notice === "answer_piece" || notice.notice === "answer_step") {
      const live = this.#entry(notice.message, notice.session, -1);
      if (live.seq < 0 || notice.seq > live.seq) live.waiting.set(notice.seq, notice);
      this.#join(notice.message, live);
    } else if (notice.notice === "answer_ended") {
      const live = this.#entry(notice.message, notice.session, -1);
      live.ended = { state: notice.state, receipt: notice.receipt };
      this.#touch(live);
    }
  }

  /** Takes what a session holds: text up to `seq` for answers in progress, everything for the others (REL-30). */
  adopt(messages: readonly MessageView[]): void {
    for (const message of messages) {
      if (message.state !== "streaming") {
        this.#live.delete(message.id);
        continue;
      }
      const live = this.#entry(message.id, "", -1);
      if (message.seq <= live.seq) continue;
      live.segments = segmentsOf(message);
      live.seq = message.seq;
      for (const seq of live.waiting.keys()) if (seq <= live.seq) live.waiting.delete(seq);
      this.#touch(live);
      this.#join(message.id, live);
    }
  }

  /** Notices were lost: what is here may have holes until the sessions are read again. */
  forget(): void {
    for (const live of this.#live.values()) live.waiting.clear();
  }

  get(id: string): Answer {
    return this.#live.get(id)?.shown ?? NOTHING;
  }

  subscribe(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  #entry(id: string, session: string, seq: number): Live {
    const known = this.#live.get(id);
    if (known !== undefined) return known;
    const live: Live = {
      session,
      seq,
      segments: [],
      waiting: new Map(),
      ended: null,
      shown: NOTHING,
      dirty: false,
    };
    this.#live.set(id, live);
    // answers of sessions that nobody opened: keep the newest, drop what has ended
    if (this.#live.size > 64) {
      for (const [old, entry] of this.#live) {
        if (this.#live.size <= 64) break;
        if (!this.#listeners.has(old) && old !== id) this.#live.delete(old);
        else if (entry.ended !== null && !this.#listeners.has(old)) this.#live.delete(old);
      }
    }
    return live;
  }

  #join(id: string, live: Live): void {
    if (live.seq < 0) return;
    for (;;) {
      const piece = live.waiting.get(live.seq + 1);
      if (piece === undefined) break;
      live.waiting.delete(piece.seq);
      live.seq = piece.seq;
      if (piece.notice === "answer_step") step(live.segments, piece.step, piece.took_ms);
      else append(live.segments, piece.kind, piece.text);
      this.#touch(live);
    }
    if (live.waiting.size > 0 && this.#listeners.has(id)) this.onGap(live.session);
  }

  #touch(live: Live): void {
    live.dirty = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#frame(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    for (const [id, live] of this.#live) {
      if (!live.dirty) continue;
      live.dirty = false;
      live.shown = { segments: [...live.segments], ended: live.ended };
      for (const listener of this.#listeners.get(id) ?? []) listener();
    }
  }
}

/**
 * Every second frame: text that grows thirty times a second reads as well as sixty, for half the work. A hidden page has
 * no frames; there a timer stands in, so that text does not pile up.
 */
function frame(flush: () => void): void {
  if (document.visibilityState === "visible") requestAnimationFrame(() => requestAnimationFrame(flush));
  else setTimeout(flush, 200);
}

/** The window's answers. */
export const answers = new Answers(frame);

import { type Range, useVirtualizer, type VirtualItem, type Virtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { MessageView, Summary } from "@/api/generated/types";
import { Button } from "@/components/button";
import { cx } from "@/lib/cx";
import { MessageRow } from "./message";
import { QuoteBubble } from "./quote-bubble";
import { behindRows, Summarised } from "./summarised";
import { ToolAnswersOf, toolAnswers } from "./tools";
import type { Answerer } from "./use-agent";
import { useEndKept } from "./use-end-kept";
import { t } from "./words";

/** So near to its end the view is held there. */
const END = 64;
/** From so far there is a way back to it. */
const AWAY = 160;
/** Rows are drawn before they come into sight: so many at most, */
const AHEAD = 8;
/** and no more of them once they reach so far beyond it. A long answer is as much to draw and to keep as fifty short ones. */
const FAR = 1600;

/** How much lies below the view; asked of the numbers, because asking the page would lay it out in every frame. */
function below({ scrollOffset, scrollRect, getTotalSize }: Virtualizer<HTMLDivElement, Element>): number {
  return getTotalSize() - (scrollOffset ?? 0) - (scrollRect?.height ?? 0);
}

/** The rows in sight and those that are drawn ahead, of a view whose rows have these places. */
function withAhead(range: Range, places: readonly (VirtualItem | undefined)[]): number[] {
  let { startIndex: first, endIndex: last } = range;
  const top = places[first]?.start ?? 0;
  while (first > 0 && range.startIndex - first < AHEAD && top - (places[first]?.start ?? 0) < FAR) first -= 1;
  const bottom = places[last]?.end ?? 0;
  const end = range.count - 1;
  while (last < end && last - range.endIndex < AHEAD && (places[last]?.end ?? 0) - bottom < FAR) last += 1;
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

const NONE: ReadonlySet<unknown> = new Set();

export interface ThreadActions {
  /** The message whose text is being edited. */
  editing: string | null;
  /** An answer is being written, so nothing else may be asked. */
  busy: boolean;
  /** The message whose answers stand beside each other. */
  beside: string | null;
  options: readonly Answerer[];
  edit: (message: string | null) => void;
  resend: (message: string, text: string, keep: readonly number[]) => void;
  /** Another answer beside this one, by the same or by somebody else. */
  regenerate: (message: string, agent?: string) => void;
  /** Asks for the rest of an answer. */
  goOn: () => void;
  show: (message: string) => void;
  quote: (text: string) => void;
  setBeside: (message: string | null) => void;
  /** Goes on with one of several answers. */
  choose: (message: string) => void;
}

interface ThreadProps {
  session: string;
  messages: readonly MessageView[];
  /** What a model is told in place of the first of them. */
  summaries: readonly Summary[];
  actions: ThreadActions;
  /** The message to go to. */
  at?: string;
  /** What came before is still being read. */
  earlier: boolean;
  /** Grows whenever the person did something whose outcome stands at the end. */
  acted: number;
}

/**
 * What was said. Only the rows in sight exist. The view is held at its end while it is at its end, and else stays
 * where it is, whatever grows below or is measured above.
 */
export function Thread({ session, messages, summaries, actions, at, earlier, acted }: ThreadProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const { answers, shown } = useMemo(() => toolAnswers(messages), [messages]);
  const rows = useMemo(() => messages.filter((message) => !shown.has(message.id)), [messages, shown]);
  const another = useMemo(() => changesOfHand(rows), [rows]);
  const summarised = useMemo(
    () => behindRows(summaries, messages, new Set(rows.map((message) => message.id))),
    [summaries, messages, rows],
  );
  // another function makes the places of all rows anew, ten thousand of them
  const keyOf = useCallback((index: number) => rows[index]?.id ?? index, [rows]);
  const places = useRef<readonly VirtualItem[]>([]);
  const inView = useCallback((range: Range) => withAhead(range, places.current), []);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: keyOf,
    estimateSize: (index) => (rows[index]?.role === "user" ? 84 : 220),
    rangeExtractor: inView,
    directDomUpdates: true,
    directDomUpdatesMode: "transform",
    paddingStart: 20,
    paddingEnd: 24,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: END,
    useAnimationFrameWithResizeObserver: false,
    onChange: (instance) => setAway(below(instance) > AWAY),
  });
  places.current = virtual.measurementsCache;
  const drawn = useDrawn(virtual);

  // a session opens at what was said last, or at what was looked for
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each place
  useEffect(() => {
    const index = at === undefined ? -1 : rows.findIndex((message) => message.id === at);
    if (index < 0) virtual.scrollToEnd();
    else virtual.scrollToIndex(index, { align: "center" });
  }, [at]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was just done brings the end into view
  useEffect(() => {
    if (acted > 0) virtual.scrollToEnd();
  }, [acted]);

  // Alt+↑ and Alt+↓ go from message to message, from the composer too
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
      if (step === 0 || !event.altKey || event.ctrlKey || event.metaKey) return;
      const inRow = document.activeElement?.closest("[data-index]")?.getAttribute("data-index");
      const from = inRow === null || inRow === undefined ? rows.length : Number(inRow);
      const to = Math.max(0, Math.min(rows.length - 1, from + step));
      const id = rows[to]?.id;
      if (id === undefined) return;
      event.preventDefault();
      const focus = () => {
        const row = scroller.current?.querySelector<HTMLElement>(`[data-message="${id}"]`);
        row?.focus({ preventScroll: true });
        return row != null;
      };
      virtual.scrollToIndex(to, { align: "auto" });
      // at once where it is drawn: the next key may come before the next frame
      if (!focus()) requestAnimationFrame(focus);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [rows, virtual]);

  useEndKept(scroller, END);

  const last = rows.length - 1;
  return (
    <ToolAnswersOf value={answers}>
      <div className="relative min-h-0 flex-1">
        <div
          ref={scroller}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="focus-inset h-full overflow-y-auto [overflow-anchor:none]"
          role="log"
          aria-label={t("conversation")}
          aria-live="off"
        >
          <div ref={virtual.containerRef} className="relative" aria-busy={earlier}>
            {earlier && (
              <p className="absolute inset-x-0 top-0 text-center text-ink-3 text-xs">{t("earlier")}</p>
            )}
            {drawn.map((item) => {
              const message = rows[item.index];
              if (message === undefined) return null;
              const summary = summarised.get(message.id);
              const wide =
                actions.beside !== null && message.role === "assistant" && actions.beside === message.parent;
              return (
                <div
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  // by itself and opaque: what scrolls inside a row is then no reason to put the others together anew in
                  // each frame, and its letters keep their edges
                  className="absolute inset-x-0 top-0 bg-paper px-5 contain-content"
                >
                  <div className={cx("mx-auto", wide ? "max-w-[76rem]" : "max-w-[45rem]")}>
                    <MessageRow
                      session={session}
                      message={message}
                      last={item.index === last}
                      another={another.has(message.id)}
                      actions={actions}
                    />
                    {summary && <Summarised summary={summary} />}
                  </div>
                </div>
              );
            })}
          </div>
        </div>
        <QuoteBubble within={scroller} quote={actions.quote} />
        {away && rows.length > 0 && (
          <Button
            small
            icon={ArrowDown}
            className="-translate-x-1/2 absolute bottom-2 left-1/2 shadow-overlay"
            onClick={() => virtual.scrollToEnd()}
          >
            {t("toLatest")}
          </Button>
        )}
      </div>
    </ToolAnswersOf>
  );
}

/**
 * The rows that are drawn: at once what is in sight, and what is about to come into sight as soon as there is time, in slices
 * that a frame has room for.
 */
function useDrawn(virtual: Virtualizer<HTMLDivElement, Element>): readonly VirtualItem[] {
  const items = virtual.getVirtualItems();
  const keys = useMemo(() => new Set(items.map((item) => item.key)), [items]);
  const ready = useDeferredValue(keys, NONE);
  const top = virtual.scrollOffset ?? 0;
  const bottom = top + (virtual.scrollRect?.height ?? 0);
  return items.filter((item) => ready.has(item.key) || (item.end > top && item.start < bottom));
}

/** The answers that somebody else gave than the one before. */
function changesOfHand(messages: readonly MessageView[]): ReadonlySet<string> {
  const changes = new Set<string>();
  let before: string | null = null;
  for (const { id, role, answered_by } of messages) {
    if (role !== "assistant" || answered_by === null) continue;
    if (before !== null && before !== answered_by) changes.add(id);
    before = answered_by;
  }
  return changes;
}

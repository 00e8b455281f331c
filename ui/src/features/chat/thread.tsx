import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { MessageView } from "@/api/generated/types";
import { Button } from "@/components/button";
import { MessageRow } from "./message";
import { t } from "./words";

export interface ThreadActions {
  /** The message whose text is being edited. */
  editing: string | null;
  /** An answer is being written, so nothing else may be asked. */
  busy: boolean;
  edit: (message: string | null) => void;
  resend: (message: string, text: string) => void;
  regenerate: () => void;
  show: (message: string) => void;
}

/**
 * What was said. Only the rows in sight exist. The view is held at its end while it is at its end, and else stays
 * where it is, whatever grows below or is measured above.
 */
export function Thread({ messages, actions }: { messages: readonly MessageView[]; actions: ThreadActions }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const virtual = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    getItemKey: (at) => messages[at]?.id ?? at,
    estimateSize: (at) => (messages[at]?.role === "user" ? 84 : 220),
    overscan: 4,
    paddingStart: 20,
    paddingEnd: 24,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 64,
    useAnimationFrameWithResizeObserver: false,
    onChange: (instance) => setAway(!instance.isAtEnd(160)),
  });

  // a session opens at what was said last
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => virtual.scrollToEnd(), []);

  const last = messages.length - 1;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="focus-inset h-full overflow-y-auto [overflow-anchor:none]"
        role="log"
        aria-label="Conversation"
        aria-live="off"
      >
        <div className="relative mx-auto max-w-[47.5rem] px-5" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const message = messages[item.index];
            if (message === undefined) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute inset-x-5 top-0"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <MessageRow message={message} last={item.index === last} actions={actions} />
              </div>
            );
          })}
        </div>
      </div>
      {away && messages.length > 0 && (
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
  );
}

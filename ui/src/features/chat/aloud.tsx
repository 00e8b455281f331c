import { useEffect, useRef, useState } from "react";
import { segmentsOf } from "@/api/answers";
import type { MessageView } from "@/api/generated/types";
import { useAnswer } from "@/api/stream";
import { firstSentence } from "@/lib/first-sentence";
import { t } from "./words";

/** Milliseconds: an answer made this shortly before the thread was opened is the one that opened it. */
const JUST = 5_000;

/**
 * Tells who does not see the thread that an answer has begun, and how it ended. The thread itself is silent: it would
 * be read anew with every piece. The element is there from the first, for a new one is not listened to.
 */
export function Aloud({ last }: { last: MessageView | undefined }) {
  const answer = useAnswer(last?.id ?? "");
  const growing = last?.state === "streaming";
  const state = growing && answer.ended !== null ? answer.ended.state : last?.state;
  const [said, setSaid] = useState("");
  const since = useRef(Date.now() - JUST);
  const begun = useRef<string | null>(null);
  const told = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is said is what holds when it begins and when it ends
  useEffect(() => {
    if (last?.role !== "assistant") return;
    if (state === "streaming") {
      begun.current = last.id;
      told.current = null;
      setSaid(t("aloud.writing"));
      return;
    }
    // one that ended before it was ever seen to grow, as a refusal does, is told as well; one that is looked up is not
    const fresh = begun.current === last.id || last.created_at > since.current;
    if (fresh && told.current !== last.id) {
      told.current = last.id;
      const segments = growing ? answer.segments : segmentsOf(last);
      const text = segments.find(({ kind, text }) => (kind === "text" || kind === "refusal") && text !== "");
      const first = firstSentence(text?.text ?? "");
      if (state === "stopped") setSaid(t("aloud.stopped"));
      else if (state === "failed") setSaid(t("aloud.failed"));
      else setSaid(first === "" ? t("aloud.done") : t("aloud.finished", { said: first }));
    }
  }, [last?.id, state]);
  return (
    <p className="sr-only" role="status" data-testid="aloud">
      {said}
    </p>
  );
}

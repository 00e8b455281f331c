import { type Segment, saidIn, segmentsOf } from "@/api/answers";
import type { MessageView } from "@/api/generated/types";
import { useAnswer } from "@/api/stream";
import { Markdown } from "@/components/markdown";
import { Parts } from "./parts";
import { Reasoning } from "./reasoning";
import { AnsweredBy, Sources } from "./sources";
import { ToolCard } from "./tool-card";
import { t } from "./words";

/** What was said, without what was thought. */
export const plainOf = (message: MessageView): string =>
  segmentsOf(message)
    .filter((segment) => segment.kind !== "reasoning" && segment.text !== "")
    .map((segment) => segment.text)
    .join("\n\n");

/** How an answer stands: as the session has it, or as it was just told. */
export function useStanding(message: MessageView) {
  const ended = useAnswer(message.id).ended;
  const streaming = message.state === "streaming";
  const state = ended !== null && streaming ? ended.state : message.state;
  return { state, writing: state === "streaming", receipt: message.receipt ?? ended?.receipt ?? null };
}

/** An answer, finished or not. What is only said and thought is the same element before and after its end, so that a
 * selection, an unfolded thought and what was drawn already stay. */
export function AnswerBody({ message, writing }: { message: MessageView; writing: boolean }) {
  const { segments } = useAnswer(message.id);
  const growing = message.state === "streaming";
  const said = growing ? segments : saidIn(message);
  return (
    <AnsweredBy value={message.answered_by}>
      {said === null ? (
        <Parts message={message} />
      ) : (
        <Said
          message={message.id}
          segments={said}
          writing={growing && writing}
          took={message.receipt?.reasoning_ms ?? null}
          ranIn={message.receipt?.call}
        />
      )}
      {!growing && <Sources message={message} />}
    </AnsweredBy>
  );
}

interface SaidProps {
  message: string;
  /** Its call, once that has ended. */
  ranIn: string | undefined;
  segments: readonly Segment[];
  writing: boolean;
  /** How long it was thought. */
  took: number | null;
}

function Said({ message, ranIn, segments, writing, took }: SaidProps) {
  if (segments.length === 0) return writing ? <Begun /> : null;
  const last = segments.length - 1;
  const said = segments.map((segment, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: what was said stays where it stands
    <div key={at} className="not-first:mt-3">
      {segment.call !== undefined ? (
        <ToolCard
          call={segment.call}
          result={segment.result}
          took={segment.took}
          ownOf={message}
          ranIn={ranIn}
        />
      ) : segment.kind === "reasoning" ? (
        <Reasoning text={segment.text} growing={writing && at === last} took={at === 0 ? took : null} />
      ) : (
        <Markdown text={segment.text} growing={writing && at === last} />
      )}
    </div>
  ));
  // after a tool the model has to begin again
  const waits = writing && segments[last]?.result !== undefined;
  return waits ? [...said, <Begun key="waits" />] : said;
}

/** The model has not said a word yet. */
function Begun() {
  return (
    <p className="flex h-6 items-center not-first:mt-3">
      <span className="size-[7px] rounded-full bg-ember" role="img" aria-label={t("answering")} />
    </p>
  );
}

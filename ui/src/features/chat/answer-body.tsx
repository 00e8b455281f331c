import { segmentsOf } from "@/api/answers";
import type { MessageView } from "@/api/generated/types";
import { useAnswer } from "@/api/stream";
import { Markdown } from "@/components/markdown";
import { Parts } from "./parts";
import { Reasoning } from "./reasoning";
import { t } from "./words";

/** What was said, without what was thought. */
export const plainOf = (message: MessageView): string =>
  segmentsOf(message)
    .filter((segment) => segment.kind !== "reasoning")
    .map((segment) => segment.text)
    .join("\n\n");

/** How an answer stands: as the session has it, or as it was just told. */
export function useStanding(message: MessageView) {
  const ended = useAnswer(message.id).ended;
  const streaming = message.state === "streaming";
  const state = ended !== null && streaming ? ended.state : message.state;
  return { state, writing: state === "streaming", receipt: message.receipt ?? ended?.receipt ?? null };
}

/** An answer, finished or not. */
export function AnswerBody({ message, writing }: { message: MessageView; writing: boolean }) {
  return message.state === "streaming" ? (
    <Growing id={message.id} writing={writing} />
  ) : (
    <Parts message={message} />
  );
}

/** An answer that is being written. */
function Growing({ id, writing }: { id: string; writing: boolean }) {
  const { segments } = useAnswer(id);
  if (segments.length === 0) {
    return writing ? (
      <p className="flex h-6 items-center" role="status" aria-label={t("answering")}>
        <span className="size-[7px] rounded-full bg-ember" />
      </p>
    ) : null;
  }
  const talk = segments.some((segment) => segment.kind !== "reasoning");
  return segments.map((segment) =>
    segment.kind === "reasoning" ? (
      <Reasoning key={segment.kind} text={segment.text} growing={writing && !talk} />
    ) : (
      <Markdown key={segment.kind} text={segment.text} growing={writing} />
    ),
  );
}

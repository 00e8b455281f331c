import { ChevronLeft, ChevronRight, Pencil, RotateCcw } from "lucide-react";
import { memo, useState } from "react";
import { segmentsOf } from "@/api/answers";
import type { MessageView } from "@/api/generated/types";
import { useAnswer } from "@/api/stream";
import { Button, IconButton } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { Markdown } from "@/components/markdown";
import { Parts, Reasoning } from "./parts";
import { ReceiptLine } from "./receipt";
import type { ThreadActions } from "./thread";
import { t } from "./words";

interface MessageRowProps {
  message: MessageView;
  last: boolean;
  actions: ThreadActions;
}

export const MessageRow = memo(function MessageRow({ message, last, actions }: MessageRowProps) {
  if (message.role === "user") return <Own message={message} actions={actions} />;
  if (message.role === "assistant") return <AnswerRow message={message} last={last} actions={actions} />;
  return (
    <article className="py-2" aria-label={message.role}>
      <Parts message={message} />
    </article>
  );
});

const plain = (message: MessageView): string =>
  segmentsOf(message)
    .filter((segment) => segment.kind !== "reasoning")
    .map((segment) => segment.text)
    .join("\n\n");

/** Which of several versions is shown, and the way to the others. */
function Branches({ message, show }: { message: MessageView; show: (id: string) => void }) {
  if (message.branches.length < 2) return null;
  const at = message.branches.indexOf(message.id);
  const to = (step: number) => {
    const id = message.branches[at + step];
    if (id !== undefined) show(id);
  };
  return (
    <span className="tnum inline-flex items-center text-ink-3 text-xs">
      <IconButton small icon={ChevronLeft} label={t("before")} disabled={at === 0} onClick={() => to(-1)} />
      {at + 1} of {message.branches.length}
      <IconButton
        small
        icon={ChevronRight}
        label={t("after")}
        disabled={at === message.branches.length - 1}
        onClick={() => to(1)}
      />
    </span>
  );
}

function Own({ message, actions }: { message: MessageView; actions: ThreadActions }) {
  if (actions.editing === message.id) return <Editor message={message} actions={actions} />;
  return (
    <article className="group flex flex-col items-end pt-5 pb-1" aria-label="You">
      <div className="max-w-[88%] rounded-lg bg-canvas px-3.5 py-2">
        <Parts message={message} />
      </div>
      <div className="flex h-7 items-center">
        <Branches message={message} show={actions.show} />
        <span className="flex opacity-0 transition-opacity duration-100 focus-within:opacity-100 group-hover:opacity-100">
          <CopyIcon text={() => plain(message)} label={t("copy")} />
          <IconButton
            small
            icon={Pencil}
            label={t("edit")}
            disabled={actions.busy}
            onClick={() => actions.edit(message.id)}
          />
        </span>
      </div>
    </article>
  );
}

function Editor({ message, actions }: { message: MessageView; actions: ThreadActions }) {
  const [text, setText] = useState(() => plain(message));
  const send = () => {
    if (text.trim() !== "" && !actions.busy) actions.resend(message.id, text.trim());
  };
  return (
    <form
      className="pt-5 pb-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        // biome-ignore lint/a11y/noAutofocus: it takes the message's place on request
        autoFocus
        aria-label={t("edit")}
        rows={Math.min(12, text.split("\n").length + 1)}
        className="block w-full resize-y rounded-lg border border-edge bg-raised px-3.5 py-2.5 text-base"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            send();
          } else if (event.key === "Escape") {
            event.stopPropagation();
            actions.edit(null);
          }
        }}
      />
      <div className="mt-2 flex justify-end gap-2">
        <Button small onClick={() => actions.edit(null)}>
          {t("cancel")}
        </Button>
        <Button small look="main" type="submit" disabled={actions.busy}>
          {t("send")}
        </Button>
      </div>
    </form>
  );
}

function AnswerRow({ message, last, actions }: MessageRowProps) {
  const streaming = message.state === "streaming";
  const ended = useAnswer(message.id).ended;
  const receipt = message.receipt ?? ended?.receipt ?? null;
  const failure = receipt?.failure ?? null;
  const state = ended !== null && streaming ? ended.state : message.state;
  const writing = state === "streaming";
  return (
    <article className="group pt-1 pb-2" aria-label="Answer" aria-busy={writing} data-state={state}>
      {streaming ? <Growing id={message.id} writing={writing} /> : <Parts message={message} />}
      {state === "failed" && (
        <div className="mt-3">
          {failure ? (
            <FailureNote failure={failure} onRetry={last ? actions.regenerate : undefined} />
          ) : (
            <FailureNote failure={new Error(t("cutOff"))} onRetry={last ? actions.regenerate : undefined} />
          )}
        </div>
      )}
      {!writing && (
        <footer className="mt-1.5 flex min-h-7 flex-wrap items-center gap-x-2">
          <span className="-ml-1.5 flex items-center">
            {plain(message) !== "" && <CopyIcon text={() => plain(message)} label={t("copy")} />}
            {last && (
              <IconButton
                small
                icon={RotateCcw}
                label={t("again")}
                disabled={actions.busy}
                onClick={actions.regenerate}
              />
            )}
            <Branches message={message} show={actions.show} />
          </span>
          {state === "stopped" && <span className="text-ink-3 text-xs">{t("stopped")}</span>}
          {receipt && <ReceiptLine receipt={receipt} />}
        </footer>
      )}
    </article>
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

import { useQuery } from "@tanstack/react-query";
import type { MessageView } from "@/api/generated/types";
import { besides } from "@/api/queries";
import { Button } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { AgentName } from "./agent-name";
import { AnswerBody, plainOf, useStanding } from "./answer-body";
import { ReceiptLine } from "./receipt";
import type { ThreadActions } from "./thread";
import { nameOf } from "./use-agent";
import { t } from "./words";

interface SideBySideProps {
  session: string;
  /** One of the answers. */
  message: MessageView;
  actions: ThreadActions;
}

/** All answers to one message, each in a column; the one that is chosen is gone on with. */
export function SideBySide({ session, message, actions }: SideBySideProps) {
  const query = useQuery(besides(session, message.id, message.branches));
  const answers = query.data ?? [message];
  return (
    <section aria-label={t("sideBySide")} className="pt-1 pb-2">
      {query.error && <FailureNote failure={query.error} onRetry={() => query.refetch()} />}
      <div className="flex gap-6 overflow-x-auto">
        {answers.map((answer) => (
          <Column key={answer.id} message={answer} actions={actions} />
        ))}
      </div>
      <div className="mt-2">
        <Button small look="quiet" onClick={() => actions.setBeside(null)}>
          {t("oneByOne")}
        </Button>
      </div>
    </section>
  );
}

function Column({ message, actions }: { message: MessageView; actions: ThreadActions }) {
  const { state, writing, receipt } = useStanding(message);
  const name = nameOf(actions.options, message.answered_by) ?? t("answer");
  return (
    <article
      className="group min-w-60 flex-1 basis-0 border-line not-first:border-l not-first:pl-6"
      aria-label={t("answerOf", { name })}
      aria-busy={writing}
      data-state={state}
    >
      <header className="mb-2 flex h-8 items-center gap-2">
        <h2 className="flex min-w-0 flex-1 font-medium">
          {message.answered_by === null ? (
            <span className="truncate">{name}</span>
          ) : (
            <AgentName slug={message.answered_by} />
          )}
        </h2>
        {!writing && plainOf(message) !== "" && <CopyIcon text={() => plainOf(message)} label={t("copy")} />}
        <Button small disabled={actions.busy} onClick={() => actions.choose(message.id)}>
          {t("choose")}
        </Button>
      </header>
      <AnswerBody message={message} writing={writing} />
      {state === "failed" && (
        <div className="mt-3">
          <FailureNote failure={receipt?.failure ?? new Error(t("cutOff"))} />
        </div>
      )}
      {receipt && (
        <footer className="mt-1.5">
          <ReceiptLine receipt={receipt} quiet={false} />
        </footer>
      )}
    </article>
  );
}

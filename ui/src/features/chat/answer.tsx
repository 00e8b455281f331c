import { Columns2, RotateCcw, Users } from "lucide-react";
import { useState } from "react";
import type { MessageView } from "@/api/generated/types";
import { Button, IconButton } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { AgentName } from "./agent-name";
import { AgentPicker } from "./agent-picker";
import { AnswerBody, plainOf, useStanding } from "./answer-body";
import { Branches } from "./branches";
import { FailureHelp } from "./failure-help";
import { ReceiptLine } from "./receipt";
import { Remembered } from "./remembered";
import type { ThreadActions } from "./thread";
import { t } from "./words";

interface AnswerRowProps {
  message: MessageView;
  last: boolean;
  /** Somebody else answered before. */
  another: boolean;
  actions: ThreadActions;
}

/** An answer, what can be done with it, and what it took. */
export function AnswerRow({ message, last, another, actions }: AnswerRowProps) {
  const { state, writing, receipt } = useStanding(message);
  const failure = receipt?.failure ?? null;
  const again = () => actions.regenerate(message.id);
  // a step on the way that a program told of: there is nothing to do with it
  const bare = !last && receipt === null && plainOf(message) === "" && message.branches.length < 2;
  const cut = state === "stopped" || state === "failed" || receipt?.finish === "length";
  return (
    <article className="group pt-1 pb-2" aria-label={t("answer")} aria-busy={writing} data-state={state}>
      {another && message.answered_by && (
        <p className="mb-1 flex font-medium text-ink-2 text-xs">
          <AgentName slug={message.answered_by} />
        </p>
      )}
      <AnswerBody message={message} writing={writing} />
      {message.recalled > 0 && receipt && <Remembered count={message.recalled} of={receipt.call} />}
      {state === "failed" && (
        <div className="mt-3">
          <FailureNote failure={failure ?? new Error(t("cutOff"))} onRetry={last ? again : undefined}>
            {failure && <FailureHelp kind={failure.kind} />}
          </FailureNote>
        </div>
      )}
      {!writing && !bare && (
        <footer className="mt-1.5 flex min-h-7 flex-wrap items-center gap-x-2">
          <span className="-ml-1.5 flex items-center">
            {plainOf(message) !== "" && <CopyIcon text={() => plainOf(message)} label={t("copy")} />}
            <IconButton small icon={RotateCcw} label={t("again")} disabled={actions.busy} onClick={again} />
            {actions.options.length > 1 && <AgainWith message={message.id} actions={actions} />}
            {message.branches.length > 1 && (
              <IconButton
                small
                icon={Columns2}
                label={t("sideBySide")}
                onClick={() => actions.setBeside(message.parent)}
              />
            )}
            <Branches message={message} show={actions.show} />
          </span>
          {last && cut && plainOf(message) !== "" && (
            <Button small disabled={actions.busy} onClick={actions.goOn}>
              {t("goOn")}
            </Button>
          )}
          {state === "stopped" && <span className="text-ink-3 text-xs">{t("stopped")}</span>}
          {receipt?.finish === "length" && <span className="text-ink-3 text-xs">{t("atLength")}</span>}
          {receipt && <ReceiptLine receipt={receipt} quiet={!last} />}
        </footer>
      )}
    </article>
  );
}

/** Asks somebody else. The list of who there is is made when it is wanted: every answer has this button. */
function AgainWith({ message, actions }: { message: string; actions: ThreadActions }) {
  const [wanted, setWanted] = useState(false);
  const button = { small: true, icon: Users, label: t("againWith"), disabled: actions.busy };
  if (!wanted) {
    return (
      <IconButton
        {...button}
        role="combobox"
        aria-haspopup="dialog"
        aria-expanded={false}
        onClick={() => setWanted(true)}
      />
    );
  }
  return (
    <AgentPicker
      label={t("againWith")}
      value={null}
      options={actions.options}
      onChange={(agent) => actions.regenerate(message, agent)}
      defaultOpen
      trigger={<IconButton {...button} />}
    />
  );
}

import { type KeyboardEvent, memo } from "react";
import type { MessageView } from "@/api/generated/types";
import { copyText } from "@/components/copy";
import { saySo } from "@/components/toasts";
import { AnswerRow } from "./answer";
import { plainOf } from "./answer-body";
import { SideBySide } from "./beside";
import { versionAt } from "./branches";
import { Own } from "./own";
import { Parts } from "./parts";
import type { ThreadActions } from "./thread";
import { t } from "./words";

interface MessageRowProps {
  session: string;
  message: MessageView;
  last: boolean;
  /** Somebody else answered before. */
  another: boolean;
  actions: ThreadActions;
}

/** A message in its thread; with the focus on it, single keys do what its buttons do. */
export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, actions } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const show = (step: number) => {
      const id = versionAt(message, step);
      if (id !== undefined) actions.show(id);
    };
    const own = message.role === "user";
    const keys = new Map<string, () => void>([
      ["ArrowLeft", () => show(-1)],
      ["ArrowRight", () => show(1)],
      ["c", () => void copyText(plainOf(message)).then(() => saySo(t("messageCopied")))],
      ["q", () => actions.quote(plainOf(message))],
      ["e", () => own && !actions.busy && actions.edit(message.id)],
      ["r", () => !own && !actions.busy && actions.regenerate(message.id)],
    ]);
    const act = keys.get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys repeat what its buttons do
    <div data-message={message.id} tabIndex={-1} className="focus-inset rounded-md" onKeyDown={onKeyDown}>
      <Content {...props} />
    </div>
  );
});

function Content({ session, message, last, another, actions }: MessageRowProps) {
  if (message.role === "user") return <Own message={message} actions={actions} />;
  if (message.role !== "assistant") {
    return (
      <article className="py-2" aria-label={message.role === "tool" ? t("toolResult") : t("instructions")}>
        <Parts message={message} />
      </article>
    );
  }
  return actions.beside !== null && actions.beside === message.parent ? (
    <SideBySide session={session} message={message} actions={actions} />
  ) : (
    <AnswerRow message={message} last={last} another={another} actions={actions} />
  );
}

import { Pencil } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { MessageView } from "@/api/generated/types";
import { Button, IconButton } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { plainOf } from "./answer-body";
import { AttachedPart } from "./attached";
import { Branches } from "./branches";
import { Parts } from "./parts";
import type { ThreadActions } from "./thread";
import { t } from "./words";

/** What the person, or the program, said. */
export function Own({ message, actions }: { message: MessageView; actions: ThreadActions }) {
  if (actions.editing === message.id) return <Editor message={message} actions={actions} />;
  return (
    <article className="group flex flex-col items-end pt-5 pb-1" aria-label={t("you")}>
      <div className="max-w-[88%] rounded-lg bg-canvas px-3.5 py-2">
        <Parts message={message} />
      </div>
      <div className="flex h-7 items-center">
        <Branches message={message} show={actions.show} />
        <span className="flex opacity-0 transition-opacity duration-100 focus-within:opacity-100 group-hover:opacity-100">
          <CopyIcon text={() => plainOf(message)} label={t("copy")} />
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

const isFile = (type: string) => type === "image" || type === "file" || type === "audio";

function Editor({ message, actions }: { message: MessageView; actions: ThreadActions }) {
  const [text, setText] = useState(() => plainOf(message));
  const files = message.message.parts.flatMap((part, at) => (isFile(part.type) ? [at] : []));
  const [keep, setKeep] = useState<readonly number[]>(files);
  // said while an answer was still being written: it goes once that is over
  const [waits, setWaits] = useState(false);
  const sent = useRef(false);
  const send = () => {
    if ((text.trim() === "" && keep.length === 0) || sent.current) return;
    setWaits(actions.busy);
    if (actions.busy) return;
    sent.current = true;
    actions.resend(message.id, text.trim(), keep);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is sent is what stands there then
  useEffect(() => {
    if (actions.busy) return;
    sent.current = false;
    if (waits) send();
  }, [actions.busy]);
  return (
    <form
      className="pt-5 pb-2"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {keep.map((at) => {
        const part = message.message.parts[at];
        if (part?.type !== "image" && part?.type !== "file" && part?.type !== "audio") return null;
        return (
          <div key={at} className="mb-2 flex items-center gap-2">
            <AttachedPart
              kind={part.type === "audio" ? "sound" : part.type}
              media={part}
              message={message.id}
              part={at}
            />
            <Button small look="quiet" onClick={() => setKeep(keep.filter((one) => one !== at))}>
              {t("removeIt")}
            </Button>
          </div>
        );
      })}
      <textarea
        // biome-ignore lint/a11y/noAutofocus: it takes the message's place on request
        autoFocus
        aria-label={t("edit")}
        rows={Math.min(12, text.split("\n").length + 1)}
        className="block w-full resize-y rounded-lg border border-edge bg-raised px-3.5 py-2.5 text-base focus-visible:outline-offset-0"
        dir="auto"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setWaits(false);
        }}
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
        <Button small look="main" type="submit" busy={waits}>
          {t("send")}
        </Button>
      </div>
    </form>
  );
}

import { ArrowUp, Square } from "lucide-react";
import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Attachment } from "@/api/generated/types";
import { FailureNote } from "@/components/failure";
import { cx } from "@/lib/cx";
import { recall, remember } from "@/lib/store";
import { type CommandFailed, type Given, platform } from "@/platform";
import { AgentPicker } from "./agent-picker";
import { ACCEPT } from "./attach";
import { AttachMenu } from "./attach-menu";
import { Chips } from "./chips";
import { Also, Round, Waits } from "./composer-parts";
import { Meter } from "./meter";
import { nameOf, type useAgent } from "./use-agent";
import { useFiles } from "./use-files";
import { useWaiting } from "./use-waiting";
import { takeUp, waitsElsewhere } from "./waiting-room";
import { t } from "./words";

/** What is sent. */
export interface Outgoing {
  text: string;
  attachments: Attachment[];
  /** A second one that answers. */
  also: string | null;
  /** Who wrote of the text what the person did not. */
  outside: string | null;
}

export interface ComposerHandle {
  /** Puts a quotation before what comes next. */
  quote: (text: string) => void;
  /** Takes back the message that waits; says whether one did. */
  takeBack: () => boolean;
}

interface ComposerProps {
  /** Names the draft: a session, or `new`. */
  draft: string;
  agent: ReturnType<typeof useAgent>;
  streaming: boolean;
  /** The last answer failed. */
  failed: boolean;
  sending: boolean;
  failure: CommandFailed | null;
  /** Tokens of the conversation so far. */
  used: number;
  onSend: (message: Outgoing, done: () => void) => void;
  /** Another screen is shown while this message waits for the end of the answer. */
  onLeave?: (message: Outgoing) => void;
  onStop: () => void;
  /** ↑ in an empty field. */
  onUp?: () => void;
  ref?: Ref<ComposerHandle>;
}

const GROWS = CSS.supports("field-sizing", "content");

const quoted = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");

/** Takes up what waited while another session was shown, and says when this one is left. */
function useLeaving(draft: string, left: () => void): void {
  const latest = useRef(left);
  latest.current = left;
  useEffect(() => {
    takeUp(draft);
    return () => latest.current();
  }, [draft]);
}

export function Composer(props: ComposerProps) {
  const { draft, agent, streaming, failed, sending, failure, used, onSend, onLeave, onStop, onUp, ref } =
    props;
  const [text, setText] = useState(() => recall(`draft.${draft}`) ?? "");
  const [also, setAlso] = useState<string | null>(() => waitsElsewhere(draft)?.also ?? null);
  const [outside, setOutside] = useState(() => recall(`outside.${draft}`));
  const { files, refused, over, add, remove, clear } = useFiles(draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const name = nameOf(agent.options, agent.slug) ?? t("agent");
  const something = text.trim() !== "" || files.length > 0;
  const can = something && agent.slug !== null && !streaming && !sending;
  const outgoing = () => files.map((file) => ({ name: file.name, data: file.data }));
  const message = (): Outgoing => ({ text: text.trim(), attachments: outgoing(), also, outside });
  const underWay = useRef<string | null>(null);

  useEffect(() => remember(`draft.${draft}`, text), [draft, text]);
  useEffect(() => remember(`outside.${draft}`, outside), [draft, outside]);
  useEffect(() => {
    // whoever opened the palette while the screen came up goes on typing there
    if (document.querySelector('[role="dialog"][data-open]') === null) field.current?.focus();
  }, []);
  const send = () => {
    // pressed twice, the same is not said twice
    if (!something || (sending && underWay.current === text)) return;
    if (!can) {
      waiting.begin();
      return;
    }
    underWay.current = text;
    onSend(message(), () => {
      // what was written since then stays
      if (field.current?.value !== text) return;
      setText("");
      setOutside(null);
      setAlso(null);
      clear();
    });
  };
  const waiting = useWaiting({
    now: agent.slug === null ? "agents" : streaming || sending ? "answer" : null,
    failed,
    already: waitsElsewhere(draft) !== null,
    send,
  });
  useLeaving(draft, () => {
    if (waiting.waits === "answer" && something) onLeave?.(message());
  });
  /** Puts something behind what is written. */
  const append = (what: string) => {
    setText((before) => `${before === "" ? "" : `${before.trimEnd()}\n\n`}${what}`);
    waiting.takeBack();
    field.current?.focus();
  };
  useImperativeHandle(ref, () => ({
    quote: (what) => append(`${quoted(what)}\n\n`),
    takeBack: () => {
      waiting.takeBack();
      return waiting.waits === "answer";
    },
  }));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    // where the style does it, nothing is asked of the page at each key
    if (area === null || GROWS) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 240)}px`;
  }, [text]);

  return (
    <div data-foot className="shrink-0 px-5 pb-4">
      <div className="mx-auto max-w-[45rem]">
        {failure && (
          <div className="pb-2">
            <FailureNote failure={failure} />
          </div>
        )}
        {refused.length > 0 && (
          <div role="alert" className="rounded-md bg-bad-wash px-3 py-2 mb-2">
            {refused.map((line) => (
              <p key={line}>{line}</p>
            ))}
          </div>
        )}
        <div
          className={cx(
            "rounded-lg border bg-raised",
            over ? "border-ember outline outline-ember" : "border-edge has-[textarea:focus]:border-ink-3",
          )}
        >
          <Chips files={files} remove={remove} />
          <textarea
            ref={field}
            rows={1}
            dir="auto"
            aria-label={t("message")}
            placeholder={over ? t("dropHere") : t("placeholder", { agent: name })}
            className="field-sizing-content block max-h-60 w-full resize-none bg-transparent px-3.5 pt-2.5 pb-1 text-base outline-none"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              if (event.target.value.trim() === "") setOutside(null);
              waiting.takeBack();
            }}
            onPaste={(event) => {
              const pasted = [...event.clipboardData.files];
              if (pasted.length > 0) {
                event.preventDefault();
                void add(pasted);
              } else if (event.clipboardData.getData("text/plain") === "") {
                const take = (image: Given | null) => image && add([image]);
                // an empty clipboard is nothing to tell of
                void platform.pastedImage?.().then(take, () => undefined);
              }
            }}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing) return;
              if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                send();
              } else if (event.key === "ArrowUp" && text === "" && !event.altKey && onUp) {
                event.preventDefault();
                onUp();
              }
            }}
          />
          <div className="flex items-center gap-1 px-1.5 pb-1.5">
            <input
              ref={chooser}
              type="file"
              multiple
              accept={ACCEPT}
              className="hidden"
              tabIndex={-1}
              aria-hidden="true"
              data-testid="file-chooser"
              onChange={(event) => {
                void add([...(event.target.files ?? [])]);
                event.target.value = "";
              }}
            />
            <AttachMenu
              onFiles={() => chooser.current?.click()}
              onResource={(file) => void add([file])}
              onPrompt={(said, source) => {
                setOutside((before) => before ?? source);
                append(said);
              }}
            />
            {agent.slug !== null && (
              <AgentPicker
                label={t("agent")}
                value={agent.slug}
                options={agent.options}
                onChange={agent.choose}
              />
            )}
            <Also value={also} options={agent.options} onChange={setAlso} />
            <span className="min-w-0 flex-1" />
            <Meter agent={agent.slug} used={used} text={text} />
            {streaming && <Round icon={Square} label={t("stop")} keys="Esc" onClick={onStop} />}
            {streaming && something && waiting.waits === null && (
              <Round icon={ArrowUp} label={t("sendAfter")} keys="Enter" onClick={send} />
            )}
            {!streaming && <Round icon={ArrowUp} label={t("send")} keys="Enter" off={!can} onClick={send} />}
          </div>
        </div>
        <Waits on={waiting.waits === "answer"} takeBack={waiting.takeBack} />
      </div>
    </div>
  );
}

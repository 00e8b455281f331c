import { ArrowUp, Square } from "lucide-react";
import { type ReactNode, type Ref, useEffect, useLayoutEffect, useRef, useState } from "react";
import { FailureNote } from "@/components/failure";
import { Select } from "@/components/select";
import { Tip } from "@/components/tip";
import { recall, remember } from "@/lib/store";
import type { CommandFailed } from "@/platform";
import type { useAgent } from "./use-agent";
import { t } from "./words";

interface ComposerProps {
  /** Names the draft: a session, or `new`. */
  draft: string;
  agent: ReturnType<typeof useAgent>;
  streaming: boolean;
  sending: boolean;
  failure: CommandFailed | null;
  onSend: (text: string, done: () => void) => void;
  onStop: () => void;
  /** ↑ in an empty field. */
  onUp?: () => void;
  field?: Ref<HTMLTextAreaElement>;
  note?: ReactNode;
}

export function Composer({
  draft,
  agent,
  streaming,
  sending,
  failure,
  onSend,
  onStop,
  onUp,
  note,
}: ComposerProps) {
  const [text, setText] = useState(() => recall(`draft.${draft}`) ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  const name = agent.options.find((option) => option.value === agent.slug)?.label ?? t("agent");
  const can = text.trim() !== "" && agent.slug !== null && !streaming && !sending;

  useEffect(() => remember(`draft.${draft}`, text), [draft, text]);
  useEffect(() => field.current?.focus(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 240)}px`;
  }, [text]);

  // Enter counts also in the first moment, while the agents are still being asked for
  const [wanted, setWanted] = useState(false);
  const send = () => {
    if (can) onSend(text.trim(), () => setText(""));
    else setWanted(text.trim() !== "" && agent.slug === null);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the agents' arrival sends
  useEffect(() => {
    if (!wanted || agent.slug === null) return;
    setWanted(false);
    send();
  }, [wanted, agent.slug]);
  return (
    <div className="shrink-0 px-5 pb-4">
      <div className="mx-auto max-w-[45rem]">
        {failure && (
          <div className="pb-2">
            <FailureNote failure={failure} />
          </div>
        )}
        <div className="rounded-lg border border-edge bg-raised">
          <textarea
            ref={field}
            rows={1}
            aria-label={t("message")}
            placeholder={t("placeholder", { agent: name })}
            className="block max-h-60 w-full resize-none bg-transparent px-3.5 pt-2.5 pb-1 text-base outline-none"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setWanted(false);
            }}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing) return;
              if (event.key === "Enter" && !event.shiftKey) {
                event.preventDefault();
                send();
              } else if (event.key === "ArrowUp" && text === "" && onUp) {
                event.preventDefault();
                onUp();
              }
            }}
          />
          <div className="flex items-center justify-between gap-2 px-1.5 pb-1.5">
            <div className="flex min-w-0 items-center">
              {agent.slug !== null && (
                <Select
                  quiet
                  label={t("agent")}
                  value={agent.slug}
                  options={agent.options}
                  onChange={agent.choose}
                  className="h-7! text-xs"
                />
              )}
              {note}
            </div>
            {streaming ? (
              <Tip text={t("stop")} keys="Esc">
                <button
                  type="button"
                  aria-label={t("stop")}
                  onClick={onStop}
                  className="flex size-7 items-center justify-center rounded-md bg-ink text-paper hover:bg-ink-2"
                >
                  <Square size={12} strokeWidth={0} fill="currentColor" aria-hidden="true" />
                </button>
              </Tip>
            ) : (
              <Tip text={t("send")} keys="Enter">
                <button
                  type="button"
                  aria-label={t("send")}
                  aria-disabled={!can}
                  onClick={send}
                  className="flex size-7 items-center justify-center rounded-md bg-ink text-paper hover:bg-ink-2 aria-disabled:bg-press aria-disabled:text-ink-3"
                >
                  <ArrowUp size={16} strokeWidth={2} aria-hidden="true" />
                </button>
              </Tip>
            )}
          </div>
        </div>
      </div>
    </div>
  );
}

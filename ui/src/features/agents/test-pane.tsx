import { ArrowUp, RotateCcw, Square, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { run } from "@/api/client";
import type { AgentDraft, Receipt, TryStarted } from "@/api/generated/types";
import { useAnswer } from "@/api/stream";
import { IconButton } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Area } from "@/components/field";
import { Markdown } from "@/components/markdown";
import { cost, duration, group } from "@/lib/format";
import { type CommandFailed, failed } from "@/platform";
import { t } from "./words";

interface Turn {
  text: string;
  started: TryStarted | null;
  failure: CommandFailed | null;
}

interface TestPaneProps {
  agent: string | null;
  /** The draft as it stands; `null` when it cannot be tried, and the form says why. */
  draft: () => AgentDraft | null;
  onClose: () => void;
}

/** Talks to the agent as the form says it, saved or not. Nothing of it is stored but what it costs. */
export function TestPane({ agent, draft, onClose }: TestPaneProps) {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [text, setText] = useState("");
  // what was answered, by turn; filled in by each answer when it ends
  const answers = useRef(new Map<number, string>());
  const [writing, setWriting] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const last = turns.at(-1);

  const send = async () => {
    const said = text.trim();
    if (said === "" || writing) return;
    const current = draft();
    if (current === null) return;
    const before = turns.flatMap((turn, at) => [
      { by: "user" as const, text: turn.text },
      { by: "agent" as const, text: answers.current.get(at) ?? "" },
    ]);
    const messages = [...before.filter((one) => one.text !== ""), { by: "user" as const, text: said }];
    const at = turns.length;
    setText("");
    setWriting(true);
    setTurns([...turns, { text: said, started: null, failure: null }]);
    const put = (part: Partial<Turn>) =>
      setTurns((old) => old.map((turn, one) => (one === at ? { ...turn, ...part } : turn)));
    try {
      put({ started: await run("agent.try", { agent, draft: current, messages }) });
    } catch (error) {
      put({ failure: failed(error) });
      setWriting(false);
    }
  };
  const stop = () => {
    if (last?.started) run("chat.stop", { session: last.started.session }).catch(() => undefined);
  };
  const clear = () => {
    stop();
    answers.current.clear();
    setTurns([]);
    setWriting(false);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && writing) stop();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn is what is scrolled to
  useEffect(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, [turns.length]);
  // leaving the form ends what is being written for it
  const stopLatest = useRef(stop);
  stopLatest.current = stop;
  useEffect(() => () => stopLatest.current(), []);

  return (
    <aside
      aria-label={t("test.title")}
      data-pane
      className="flex h-full w-[21rem] shrink-0 max-md:w-full flex-col border-line border-l bg-canvas min-[1500px]:w-[26rem]"
    >
      <header className="flex h-13 shrink-0 items-center justify-between pr-2 pl-4">
        <h3 className="font-semibold">{t("test.title")}</h3>
        <span className="flex">
          <IconButton
            small
            icon={RotateCcw}
            label={t("test.clear")}
            disabled={turns.length === 0}
            onClick={clear}
          />
          <IconButton small icon={X} label={t("test.close")} onClick={onClose} />
        </span>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-3">
        {turns.length === 0 && <p className="text-ink-3">{t("test.empty")}</p>}
        {turns.map((turn, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only ever added
          <div key={at} className="pb-4">
            <p className="selectable mb-2 whitespace-pre-wrap border-line border-b pb-2 font-medium [overflow-wrap:anywhere]">
              {turn.text}
            </p>
            {turn.failure && <FailureNote failure={turn.failure} />}
            {turn.started && (
              <Answer
                id={turn.started.answer}
                onEnd={(whole) => {
                  answers.current.set(at, whole);
                  if (at === turns.length - 1) setWriting(false);
                }}
              />
            )}
          </div>
        ))}
        <div ref={end} />
      </div>
      <footer data-foot className="flex shrink-0 items-end gap-1 border-line border-t p-2.5">
        <Area
          aria-label={t("test.message")}
          placeholder={t("test.placeholder")}
          rows={1}
          dir="auto"
          className="field-sizing-content max-h-40 min-h-8 resize-none"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
        />
        {writing ? (
          <IconButton icon={Square} label={t("test.stop")} onClick={stop} />
        ) : (
          <IconButton icon={ArrowUp} label={t("test.send")} disabled={text.trim() === ""} onClick={send} />
        )}
      </footer>
    </aside>
  );
}

function Answer({ id, onEnd }: { id: string; onEnd: (text: string) => void }) {
  const { segments, ended } = useAnswer(id);
  const text = segments
    .filter((segment) => segment.kind !== "reasoning")
    .map((segment) => segment.text)
    .join("");
  const thinking = segments.some((segment) => segment.kind === "reasoning") && text === "";
  const over = ended !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when it is over
  useEffect(() => {
    if (over) onEnd(text);
  }, [over]);
  return (
    <div aria-live="polite" aria-busy={!over} data-testid="test-answer">
      {text !== "" && <Markdown text={text} growing={!over} />}
      {!over && text === "" && <p className="text-ink-3">{t(thinking ? "test.thinking" : "test.waiting")}</p>}
      {ended?.state === "stopped" && <p className="text-ink-3 text-xs">{t("test.stopped")}</p>}
      {ended?.receipt.failure && ended.state !== "stopped" && (
        <div className="mt-1">
          <FailureNote failure={ended.receipt.failure} />
        </div>
      )}
      {ended && <Took receipt={ended.receipt} />}
    </div>
  );
}

/** What the answer took. */
function Took({ receipt }: { receipt: Receipt }) {
  if (receipt.target === null) return null;
  const facts = [
    receipt.target,
    receipt.usage &&
      t("test.tokens", { input: group(receipt.usage.input), output: group(receipt.usage.output) }),
    cost(receipt.cost),
    receipt.first_token_ms !== null && t("test.first", { time: duration(receipt.first_token_ms) }),
    duration(receipt.total_ms),
  ];
  return <p className="tnum mt-1.5 text-2xs text-ink-3">{facts.filter(Boolean).join(" · ")}</p>;
}

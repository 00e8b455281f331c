import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { segmentsOf } from "@/api/answers";
import type { Agent, ChatStarted } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { session as sessionQuery } from "@/api/queries";
import { useAnswer } from "@/api/stream";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Area } from "@/components/field";
import { Markdown } from "@/components/markdown";
import { Dot } from "@/components/page";
import { remember } from "@/lib/store";
import { Ready } from "./ready";
import { t } from "./words";

/** A first message, and then the endpoint that was there all along. */
export function HelloStep({ agent, onLeave }: { agent: Agent; onLeave: () => void }) {
  const [text, setText] = useState<string>(t("hello"));
  const [started, setStarted] = useState<ChatStarted | null>(null);
  const send = useCommand("chat.send", {
    onSuccess: (chat) => {
      remember("agent", agent.slug);
      setStarted(chat);
    },
  });
  return (
    <>
      <h2 className="mb-5 font-semibold text-xl tracking-[-0.01em]">
        {t("helloTitle", { name: agent.name })}
      </h2>
      {started === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            send.mutate({
              session: null,
              agent: agent.slug,
              text: text.trim(),
              parent: null,
              instead_of: null,
            });
          }}
        >
          <Area
            aria-label={t("message")}
            rows={3}
            className="text-base!"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          {send.error && (
            <div className="mt-3">
              <FailureNote failure={send.error} />
            </div>
          )}
          <div className="mt-3">
            <Button look="main" type="submit" busy={send.isPending} disabled={text.trim() === ""}>
              {t("send")}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <div className="flex justify-end">
            <p className="selectable max-w-[88%] whitespace-pre-wrap rounded-lg bg-canvas px-3.5 py-2 text-base">
              {text.trim()}
            </p>
          </div>
          <Answer
            key={started.answer}
            started={started}
            agent={agent}
            onLeave={onLeave}
            onAgain={setStarted}
          />
        </>
      )}
    </>
  );
}

function Answer({
  started,
  agent,
  onLeave,
  onAgain,
}: {
  started: ChatStarted;
  agent: Agent;
  onLeave: () => void;
  onAgain: (chat: ChatStarted) => void;
}) {
  const view = useQuery(sessionQuery(started.session)).data;
  const live = useAnswer(started.answer);
  const stored = view?.messages.find((message) => message.id === started.answer);
  const done = stored !== undefined && stored.state !== "streaming";
  const segments = done ? segmentsOf(stored) : live.segments;
  const failure = stored?.receipt?.failure ?? live.ended?.receipt.failure ?? null;
  const text = segments
    .filter((segment) => segment.kind !== "reasoning")
    .map((segment) => segment.text)
    .join("\n\n");
  const regenerate = useCommand("chat.regenerate", { onSuccess: onAgain });
  return (
    <>
      <div className="min-h-16 pt-3" aria-busy={!done}>
        {text !== "" ? <Markdown text={text} growing={!done} /> : !done && <Dot tone="alive" />}
        {failure && (
          <FailureNote failure={failure} onRetry={() => regenerate.mutate({ session: started.session })} />
        )}
      </div>
      {done && !failure && <Ready agent={agent} session={started.session} onLeave={onLeave} />}
    </>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { segmentsOf } from "@/api/answers";
import type { Agent, ChatStarted } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { session as sessionQuery, status } from "@/api/queries";
import { useAnswer } from "@/api/stream";
import { Button } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { Area } from "@/components/field";
import { Markdown } from "@/components/markdown";
import { Dot } from "@/components/page";
import { remember } from "@/lib/store";
import { t } from "./words";

/** A first message, and then the endpoint that was there all along. */
export function HelloStep({ agent }: { agent: Agent }) {
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
            aria-label="Message"
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
          <FirstAnswer started={started} />
        </>
      )}
    </>
  );
}

function FirstAnswer({ started }: { started: ChatStarted }) {
  const navigate = useNavigate();
  const view = useQuery(sessionQuery(started.session)).data;
  const endpoint = useQuery(status).data?.endpoint;
  const live = useAnswer(started.answer);
  const stored = view?.messages.find((message) => message.id === started.answer);
  const done = stored !== undefined && stored.state !== "streaming";
  const segments = done ? segmentsOf(stored) : live.segments;
  const failure = stored?.receipt?.failure ?? live.ended?.receipt.failure ?? null;
  const text = segments
    .filter((segment) => segment.kind !== "reasoning")
    .map((segment) => segment.text)
    .join("\n\n");
  const regenerate = useCommand("chat.regenerate", {
    onSuccess: (again) => navigate({ to: "/chat/$session", params: { session: again.session } }),
  });
  return (
    <>
      <div className="min-h-16 pt-3" aria-busy={!done}>
        {text !== "" ? <Markdown text={text} growing={!done} /> : !done && <Dot tone="alive" />}
        {failure && (
          <FailureNote failure={failure} onRetry={() => regenerate.mutate({ session: started.session })} />
        )}
      </div>
      {done && !failure && (
        <section className="mt-8 border-line border-t pt-6" data-testid="ready">
          <h2 className="font-semibold text-lg">{t("readyTitle")}</h2>
          <p className="mt-1 text-ink-2">{t("readyText")}</p>
          {endpoint?.state === "listening" && (
            <p className="mt-3 flex items-center gap-2">
              <Dot tone="alive" />
              <code className="selectable text-base">{endpoint.base_url}</code>
              <CopyIcon text={endpoint.base_url} label="Copy the address" />
            </p>
          )}
          {endpoint?.state === "failed" && (
            <div className="mt-3">
              <FailureNote failure={endpoint.failure} />
            </div>
          )}
          <div className="mt-5 flex gap-2">
            <Button look="main" onClick={() => navigate({ to: "/connect", search: { key: "new" } })}>
              {t("toConnect")}
            </Button>
            <Button onClick={() => navigate({ to: "/chat/$session", params: { session: started.session } })}>
              {t("toChat")}
            </Button>
          </div>
        </section>
      )}
    </>
  );
}

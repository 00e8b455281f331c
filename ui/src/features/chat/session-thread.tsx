import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { SessionView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { client, session as sessionQuery } from "@/api/queries";
import { FailureNote } from "@/components/failure";
import { Waiting } from "@/components/page";
import { sayFailure } from "@/components/toasts";
import { recall, remember } from "@/lib/store";
import { titleOf } from "@/lib/title";
import { Aloud } from "./aloud";
import { Composer, type ComposerHandle } from "./composer";
import { Thread, type ThreadActions } from "./thread";
import { ThreadHead } from "./thread-head";
import { useAgent } from "./use-agent";
import { waitElsewhere } from "./waiting-room";
import { t } from "./words";

/** Where it is remembered which message's answers stand beside each other. */
export const besideKey = (session: string) => `beside.${session}`;

/** A session: its head, what was said, and what comes next. */
export function SessionThread({ id, at }: { id: string; at?: string }) {
  const query = useQuery(sessionQuery(id));
  const view = query.data;
  if (view === undefined) {
    return (
      <main className="min-w-0 flex-1 px-8 pt-10">
        {query.error ? (
          <FailureNote failure={query.error} onRetry={() => query.refetch()} />
        ) : (
          <Waiting rows={4} />
        )}
      </main>
    );
  }
  return <Open id={id} view={view} at={at} />;
}

function Open({ id, view, at }: { id: string; view: SessionView; at?: string }) {
  const answeredBy = view.messages.findLast((message) => message.answered_by !== null)?.answered_by;
  const agent = useAgent(answeredBy ?? view.agent_slug);
  const [editing, setEditing] = useState<string | null>(null);
  const [beside, setBeside] = useState(() => recall(besideKey(id)));
  const [acted, setActed] = useState(0);
  const composer = useRef<ComposerHandle>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ["session", id] });
  const atEnd = () => setActed((count) => count + 1);
  const send = useCommand("chat.send", {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["session", id] });
      atEnd();
    },
  });
  const regenerate = useCommand("chat.regenerate", { onSuccess: refresh, onError: sayFailure });
  const stop = useCommand("chat.stop", { onError: sayFailure });
  const branch = useCommand("session.branch", {
    onSuccess: (next) => client.setQueryData(["session", id], next),
    onError: sayFailure,
  });

  const putBeside = (message: string | null) => {
    remember(besideKey(id), message);
    setBeside(message);
  };
  const streaming = view.streaming || view.messages.at(-1)?.state === "streaming";
  // the first Esc takes back what waits, the next one stops
  useStopKey(streaming, () => {
    if (!composer.current?.takeBack()) stop.mutate({ session: id });
  });

  // what was looked for may stand on another branch
  const there = at !== undefined && view.messages.some((message) => message.id === at);
  const elsewhere = at !== undefined && !there && view.after === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each place
  useEffect(() => {
    if (elsewhere) branch.mutate({ session: id, message: at });
  }, [elsewhere, at]);

  const busy = streaming || send.isPending;
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are drawn anew only for what they show
  const actions = useMemo<ThreadActions>(
    () => ({
      editing,
      busy,
      beside,
      options: agent.options,
      edit: setEditing,
      resend: (message, text, keep) =>
        send.mutate(
          { session: id, agent: agent.slug, text, keep: [...keep], instead_of: message },
          { onSuccess: () => setEditing(null) },
        ),
      regenerate: (message, other) => {
        const by = view.messages.find((one) => one.id === message)?.answered_by ?? null;
        const known = agent.options.some((option) => option.value === by);
        regenerate.mutate({ session: id, message, agent: other ?? (known ? by : agent.slug) });
      },
      goOn: () =>
        send.mutate({
          session: id,
          agent: agent.slug,
          text: t("goOnText"),
        }),
      show: (message) => branch.mutate({ session: id, message }),
      quote: (text) => composer.current?.quote(text),
      setBeside: putBeside,
      choose: (message) => {
        putBeside(null);
        branch.mutate(
          { session: id, message },
          {
            onSuccess: (next) => {
              const chosen = next.messages.find((one) => one.id === message)?.answered_by;
              if (chosen != null && agent.options.some((option) => option.value === chosen)) {
                agent.choose(chosen);
              }
              atEnd();
            },
          },
        );
      },
    }),
    [editing, busy, beside, agent.options, agent.slug, id, view.messages],
  );
  const lastOwn = view.messages.findLast((message) => message.role === "user");
  return (
    <main aria-label={titleOf(view.title)} className="flex h-full min-w-0 flex-1 flex-col">
      <ThreadHead view={view} />
      <Aloud last={view.messages.at(-1)} />
      <Thread
        session={id}
        messages={view.messages}
        summaries={view.summaries}
        actions={actions}
        at={there ? at : undefined}
        earlier={view.after !== null}
        acted={acted}
      />
      <Composer
        ref={composer}
        draft={id}
        agent={agent}
        streaming={streaming}
        failed={view.messages.at(-1)?.state === "failed"}
        sending={send.isPending}
        failure={send.error}
        used={view.context?.used ?? 0}
        onStop={() => stop.mutate({ session: id })}
        onLeave={({ text, attachments, also, outside }) =>
          waitElsewhere({ session: id, agent: agent.slug, text, attachments, also, outside }, (answer) =>
            remember(besideKey(id), also === null ? null : answer),
          )
        }
        onUp={lastOwn && (() => setEditing(lastOwn.id))}
        onSend={({ text, attachments, also, outside }, done) =>
          send.mutate(
            { session: id, agent: agent.slug, text, attachments, also, outside },
            {
              onSuccess: (started) => {
                done();
                agent.hold();
                putBeside(also === null ? null : started.message);
              },
            },
          )
        }
      />
    </main>
  );
}

/** Esc stops the answer, unless something is open above the thread: that closes first. */
function useStopKey(on: boolean, stop: () => void): void {
  useEffect(() => {
    if (!on) return;
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key === "Escape" &&
        !event.defaultPrevented &&
        document.querySelector("[role=dialog],[role=listbox],[role=menu]") === null
      ) {
        stop();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [on, stop]);
}

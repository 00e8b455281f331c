import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useCommand } from "@/api/mutations";
import { client, session as sessionQuery } from "@/api/queries";
import { FailureNote } from "@/components/failure";
import { Waiting } from "@/components/page";
import { sayFailure } from "@/components/toasts";
import { titleOf } from "@/lib/title";
import { Composer } from "./composer";
import { Thread, type ThreadActions } from "./thread";
import { ThreadHead } from "./thread-head";
import { useAgent } from "./use-agent";

/** A session: its head, what was said, and what comes next. */
export function SessionThread({ id }: { id: string }) {
  const query = useQuery(sessionQuery(id));
  const view = query.data;
  const agent = useAgent(view?.agent_slug ?? null);
  const [editing, setEditing] = useState<string | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ["session", id] });
  const send = useCommand("chat.send", { onSuccess: refresh });
  const regenerate = useCommand("chat.regenerate", { onSuccess: refresh, onError: sayFailure });
  const stop = useCommand("chat.stop", { onError: sayFailure });
  const branch = useCommand("session.branch", {
    onSuccess: (next) => client.setQueryData(["session", id], next),
    onError: sayFailure,
  });

  const streaming = view?.streaming === true || view?.messages.at(-1)?.state === "streaming";
  useEffect(() => {
    if (!streaming) return;
    const onKey = (event: KeyboardEvent) => {
      // what is open above the thread closes first
      if (
        event.key === "Escape" &&
        !event.defaultPrevented &&
        document.querySelector("[role=dialog],[role=listbox],[role=menu]") === null
      ) {
        stop.mutate({ session: id });
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [streaming, id, stop.mutate]);

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
  const actions: ThreadActions = {
    editing,
    busy: streaming || send.isPending,
    edit: setEditing,
    resend: (message, text) =>
      send.mutate(
        { session: id, agent: agent.slug, text, parent: null, instead_of: message },
        { onSuccess: () => setEditing(null) },
      ),
    regenerate: () => regenerate.mutate({ session: id }),
    show: (message) => branch.mutate({ session: id, message }),
  };
  const lastOwn = view.messages.findLast((message) => message.role === "user");
  return (
    <main aria-label={titleOf(view.title)} className="flex h-full min-w-0 flex-1 flex-col">
      <ThreadHead view={view} />
      <Thread messages={view.messages} actions={actions} />
      <Composer
        draft={id}
        agent={agent}
        streaming={streaming}
        sending={send.isPending}
        failure={send.error}
        onStop={() => stop.mutate({ session: id })}
        onUp={lastOwn && (() => setEditing(lastOwn.id))}
        onSend={(text, done) =>
          send.mutate(
            { session: id, agent: agent.slug, text, parent: null, instead_of: null },
            { onSuccess: done },
          )
        }
      />
    </main>
  );
}

// Messages that wait for the end of an answer in a session that is no longer on the screen. Who goes elsewhere
// meanwhile has said all the same that they are to be sent; so they are, by the rules of those on the screen, while
// the window is open. What still waits when it closes is a draft.

import { QueryObserver } from "@tanstack/react-query";
import { type Args, run } from "@/api/client";
import { client, session as sessionQuery } from "@/api/queries";
import { sayFailure } from "@/components/toasts";
import { recall, remember } from "@/lib/store";
import { failed } from "@/platform";
import { keepDraftFiles } from "./attach";

type Message = Args<"chat.send"> & { session: string };

const rooms = new Map<string, { message: Message; leave: () => void }>();

/** The message of a session that waits, if one does. */
export const waitsElsewhere = (session: string): Message | null => rooms.get(session)?.message ?? null;

/** Takes a session's message back to where it was written. */
export function takeUp(session: string): void {
  rooms.get(session)?.leave();
  rooms.delete(session);
}

/** Sends a message when the answer of its session has ended; `sent` gets the answer that begins then. */
export function waitElsewhere(message: Message, sent: (answer: string) => void): void {
  const { session } = message;
  takeUp(session);
  const leave = new QueryObserver(client, sessionQuery(session)).subscribe(({ data, error, isFetching }) => {
    if (error !== null) takeUp(session);
    // what is held may be older than the answer
    if (data === undefined || error !== null || isFetching) return;
    const last = data.messages.at(-1)?.state;
    if (data.streaming || last === "streaming") return;
    takeUp(session);
    if (last !== "failed") void send(message, sent);
  });
  rooms.set(session, { message, leave });
}

async function send(message: Message, sent: (answer: string) => void): Promise<void> {
  const draft = `draft.${message.session}`;
  remember(draft, null);
  try {
    const started = await run("chat.send", message);
    keepDraftFiles(message.session, []);
    sent(started.message);
  } catch (error) {
    if (recall(draft) === null) remember(draft, message.text);
    sayFailure(failed(error));
  }
}

// A conversation as the window holds it. It may have ten thousand messages, and whenever an answer begins or ends
// something changes at its end. So only what follows the messages that are held is read then; and when it is opened, its
// end is read first, which is what a person sees, and what came before it afterwards.

import { queryOptions, replaceEqualDeep } from "@tanstack/react-query";
import { answers } from "./answers";
import { run } from "./client";
import type { MessageView, SessionView } from "./generated/types";
import { client } from "./query-client";

/** So many messages are read first: more than any window shows. */
const END = 60;
/** So many of the last ones are read again in any case: what an answer took is known a moment after it. */
const AGAIN = 4;
/** So many of those before them are named as held: the branch may turn off above the last of them. */
const NAMED = 8;

const keyOf = (id: string) => ["session", id] as const;

/** The messages of a held conversation that need not be read again. */
export function knownOf(held: SessionView): string[] {
  const settled = held.messages.filter((message) => message.state !== "streaming");
  return settled.slice(-(AGAIN + NAMED), -AGAIN).map((message) => message.id);
}

/** Messages that say the same stay the same objects, so that nothing is drawn anew for them. */
function kept(before: readonly MessageView[], now: readonly MessageView[]): MessageView[] {
  const old = new Map(before.map((message) => [message.id, message]));
  return now.map((message) => replaceEqualDeep(old.get(message.id), message));
}

/** What is held with what was read after it; `null` when they do not fit together. */
export function joined(held: SessionView | undefined, part: SessionView): SessionView | null {
  if (held === undefined) return part;
  if (part.after === null) return { ...part, messages: kept(held.messages, part.messages) };
  const at = held.messages.findLastIndex((message) => message.id === part.after);
  if (at < 0) return null;
  const after = held.messages.slice(at + 1);
  return {
    ...part,
    after: held.after,
    messages: [...held.messages.slice(0, at + 1), ...kept(after, part.messages)],
  };
}

/** What came before with what is held; unchanged when they do not fit together. */
export function preceded(held: SessionView, earlier: SessionView): SessionView {
  if (held.after === null || earlier.messages.at(-1)?.id !== held.after) return held;
  return { ...held, after: earlier.after, messages: [...earlier.messages, ...held.messages] };
}

/** Those that must be read whole: notices about them were lost. */
const doubtful = new Set<string>();

/** Notices were lost: what is held may be wrong anywhere. */
export function doubtSessions(): void {
  for (const query of client.getQueryCache().findAll({ queryKey: ["session"] })) {
    const id = query.queryKey[1];
    if (typeof id === "string") doubtful.add(id);
  }
}

async function read(id: string): Promise<SessionView> {
  const whole = { session: id, without_media: true, known: [] };
  const held = client.getQueryData<SessionView>(keyOf(id));
  if (held === undefined) return run("session.get", { ...whole, last: END });
  const known = doubtful.has(id) ? [] : knownOf(held);
  const part = await run("session.get", { ...whole, known });
  // what is held may have changed meanwhile: what came before it arrived, or another branch was shown
  const view = joined(client.getQueryData<SessionView>(keyOf(id)), part);
  return view ?? run("session.get", whole);
}

const earlier = new Set<string>();

/** Reads what came before the end that is held, once the end is painted. */
async function readEarlier(id: string): Promise<void> {
  if (earlier.has(id)) return;
  earlier.add(id);
  try {
    await new Promise((painted) => setTimeout(painted, 30));
    for (;;) {
      const until = client.getQueryData<SessionView>(keyOf(id))?.after;
      if (until == null) return;
      const before = await run("session.get", { session: id, without_media: true, until, known: [] });
      client.setQueryData<SessionView>(keyOf(id), (held) =>
        held === undefined ? held : preceded(held, before),
      );
    }
  } catch {
    // the page says that something is missing, and the next reading tries again
  } finally {
    earlier.delete(id);
  }
}

/** A conversation; `after` tells while its beginning is still missing. */
export const session = (id: string) =>
  queryOptions({
    queryKey: keyOf(id),
    // comparing all messages with themselves would take longer than to read them
    structuralSharing: false,
    queryFn: async () => {
      const view = await read(id);
      doubtful.delete(id);
      answers.adopt(view.messages.slice(-END));
      if (view.after !== null) void readEarlier(id);
      return view;
    },
  });

import { NewChat } from "./new-chat";
import { SessionList } from "./session-list";
import { SessionThread } from "./session-thread";

interface ChatScreenProps {
  /** The session that is open; `null`: a new one. */
  session: string | null;
  /** The agent that a new chat begins with. */
  agent?: string;
  /** The moment a new chat was asked for. */
  fresh?: number;
  /** The moment the search was asked for. */
  find?: number;
  /** The message of the session to go to. */
  at?: string;
}

export function ChatScreen({ session, agent, fresh, find, at }: ChatScreenProps) {
  return (
    <div className="flex h-full">
      <SessionList open={session} find={find} at={at} />
      {session === null ? (
        <NewChat key={fresh ?? "new"} agent={agent} />
      ) : (
        <SessionThread key={session} id={session} at={at} />
      )}
    </div>
  );
}

import { useEffect, useState } from "react";

/** What a message waits for: the agents are still being asked for, or an answer is being written. */
export type WaitsFor = "agents" | "answer";

interface Waiting {
  /** What stands in the way now; null when a message can go. */
  now: WaitsFor | null;
  /** The last answer, or the last message, failed. */
  failed: boolean;
  /** It waits already: it did so before this session was left. */
  already: boolean;
  send: () => void;
}

/**
 * A message that Enter was pressed for too early: it goes by itself when nothing stands in the way.
 * A stopped answer has ended as well: who corrects himself and stops wants to be heard. After a
 * failure it stays a draft, for it would most likely fail in the same way, and might cost.
 */
export function useWaiting({ now, failed, already, send }: Waiting) {
  const [waits, setWaits] = useState<WaitsFor | null>(already ? "answer" : null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only the end of the waiting sends
  useEffect(() => {
    if (waits === null || now !== null) return;
    setWaits(null);
    if (waits === "agents" || !failed) send();
  }, [waits, now]);
  return {
    waits,
    begin: () => setWaits(now),
    takeBack: () => setWaits(null),
  };
}

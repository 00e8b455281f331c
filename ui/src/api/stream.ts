// What the app tells by itself: answers go to their store, everything else marks queries as out of date.

import { useCallback, useSyncExternalStore } from "react";
import { platform } from "@/platform";
import { type Answer, answers } from "./answers";
import { takeBudgetNews } from "./budget-news";
import { takeCheck } from "./checks";
import { freshenSessions } from "./fresh-sessions";
import type { AppStatus, Notice, Topic } from "./generated/types";
import { takeMoving } from "./moving";
import { client } from "./queries";
import { setLost } from "./reach";
import { doubtSessions } from "./session";

answers.onGap = (session) => later(["session", session]);

/** The answer as far as it is written; changes at most once a frame. */
export function useAnswer(id: string): Answer {
  const subscribe = useCallback((listener: () => void) => answers.subscribe(id, listener), [id]);
  return useSyncExternalStore(subscribe, () => answers.get(id));
}

const STALE: Record<Topic, string[]> = {
  agents: ["agents", "models", "providers", "status", "tools"],
  providers: ["providers", "models", "status", "health"],
  keys: ["keys"],
  sessions: ["sessions"],
  calls: ["calls", "keys", "health"],
  settings: ["settings", "status", "tools"],
  attempts: ["attempts", "exposure"],
  links: ["link"],
  approvals: ["approvals"],
  mcp_servers: ["mcp", "tools"],
};

const due = new Map<string, readonly unknown[]>();
let timer: ReturnType<typeof setTimeout> | null = null;

/** Marks a query as out of date soon; a burst of notices reads it once. */
function later(key: readonly unknown[]): void {
  due.set(JSON.stringify(key), key);
  if (timer !== null) return;
  timer = setTimeout(() => {
    timer = null;
    const keys = [...due.values()];
    due.clear();
    for (const queryKey of keys) {
      if (queryKey[0] !== "sessions") {
        client.invalidateQueries({ queryKey });
        continue;
      }
      void freshenSessions(client);
      for (const part of ["search", "folders"]) client.invalidateQueries({ queryKey: ["sessions", part] });
    }
  }, 80);
}

let counting: ReturnType<typeof setTimeout> | null = null;

/** Sums over the ledger are read again every few seconds at most, however many calls end. */
function countLater(): void {
  if (counting !== null) return;
  counting = setTimeout(() => {
    counting = null;
    client.invalidateQueries({ queryKey: ["usage"] });
  }, 2000);
}

const patch = (part: Partial<AppStatus>) =>
  client.setQueryData<AppStatus>(["status"], (old) => (old === undefined ? old : { ...old, ...part }));

function take(notice: Notice): void {
  switch (notice.notice) {
    case "changed":
      for (const key of STALE[notice.topic]) later([key]);
      if (notice.topic === "calls") countLater();
      if (notice.topic === "sessions") later(notice.id === null ? ["session"] : ["session", notice.id]);
      break;
    case "answer_started":
    case "answer_ended":
      answers.take(notice);
      later(["session", notice.session]);
      later(["sessions"]);
      break;
    case "answer_piece":
    case "answer_step":
      answers.take(notice);
      break;
    case "endpoint":
      patch({ endpoint: notice.status });
      for (const key of ["exposure", "tools"]) later([key]);
      break;
    case "lan":
      patch({ lan: notice.status });
      later(["exposure"]);
      break;
    case "vault":
      patch({ vault: notice.status });
      later(["providers"]);
      break;
    case "vault_moving":
      takeMoving(notice);
      break;
    case "starter":
      patch({ starter: notice.status });
      if (notice.status.state === "ready") for (const key of ["status", "providers", "models"]) later([key]);
      break;
    case "provider_check":
      takeCheck(notice.provider, notice.check);
      break;
    case "budget_near":
      takeBudgetNews(notice);
      countLater();
      break;
    case "missed":
      answers.forget();
      doubtSessions();
      client.invalidateQueries();
      break;
  }
}

/** Starts listening; the returned function ends it. */
export function listen(): () => void {
  return platform.subscribe(
    take,
    () => {
      setLost(false);
      answers.forget();
      doubtSessions();
      client.invalidateQueries();
    },
    () => setLost(true),
  );
}

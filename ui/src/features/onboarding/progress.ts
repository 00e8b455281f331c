// How far the first steps went, so that a window that was closed goes on where it was.

import { recall, remember } from "@/lib/store";

const KEY = "welcome";

export interface Progress {
  /** The provider that was chosen. */
  provider: string | null;
  /** The agent that was made. */
  agent: string | null;
}

const NOTHING: Progress = { provider: null, agent: null };

export function progress(): Progress {
  const [provider, agent] = (recall(KEY) ?? "").split(" ");
  return provider ? { provider, agent: agent || null } : NOTHING;
}

export const keepProgress = ({ provider, agent }: Progress): void =>
  remember(KEY, provider === null ? null : `${provider} ${agent ?? ""}`.trim());

/** The first steps are over, or were skipped. */
export const endProgress = (): void => remember(KEY, null);

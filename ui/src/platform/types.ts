// The one door between the window and what carries it. Nothing else may know whether that is Tauri or a browser.

import type { FailureView, Notice } from "@/api/generated/types";
import { t } from "./words";

export interface Platform {
  /** Runs a command of the control plane; rejects with a {@link CommandFailed}. */
  control(command: string, args: unknown): Promise<unknown>;
  /**
   * Listens to the app until the returned function is called. `onOpen` is called each time listening begins;
   * whatever happened before that was not heard and must be read again.
   */
  subscribe(onNotice: (notice: Notice) => void, onOpen: () => void): () => void;
  /** Opens an `https:` or `mailto:` address outside. The caller has shown it to the person. */
  openExternal(url: URL): Promise<void>;
  /** Whether the shell has its own menu key, which shortcuts follow. */
  readonly mac: boolean;
}

/** A command failed; `view` says how. */
export class CommandFailed extends Error {
  readonly view: FailureView;
  constructor(view: FailureView) {
    super(view.message);
    this.name = "CommandFailed";
    this.view = view;
  }
}

/** The failure when the app itself cannot be reached. */
export const unreachable = (why: string): CommandFailed =>
  new CommandFailed({
    kind: "not_running",
    message: why,
    hint: t("reach.hint"),
    param: null,
    provider: null,
    retry_after_ms: null,
  });

/** Makes a {@link CommandFailed} of whatever a carrier threw. */
export function failed(error: unknown): CommandFailed {
  if (error instanceof CommandFailed) return error;
  if (typeof error === "object" && error !== null && "kind" in error && "message" in error) {
    return new CommandFailed(error as FailureView);
  }
  return unreachable(t("reach.silent"));
}

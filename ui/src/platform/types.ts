// The one door between the window and what carries it. Nothing else may know whether that is Tauri or a browser.

import type { FailureView, Notice } from "@/api/generated/types";
import { t } from "./words";

/** What became of a notification. */
export type Became = "opened" | "dismissed" | "not_shown";

/** Whether and how this program can be replaced by a newer one. */
export type UpdateChannel = "none" | "system_packages" | "own";

/** A release that is newer than this program. */
export interface Release {
  version: string;
  /** What is new, as text that is nobody's but the releaser's. */
  notes: string;
}

/** How this program is replaced by a newer one. Nothing of it happens unless it is asked for here. */
export interface Updates {
  channel(): Promise<UpdateChannel>;
  /** Asks for a newer release; rejects with a {@link CommandFailed}. */
  check(): Promise<Release | null>;
  /** Downloads what was found and checks its signature; `false` when it was cancelled. */
  download(onProgress: (received: number, total: number | null) => void): Promise<boolean>;
  cancel(): Promise<void>;
  /** Puts what was downloaded in place and starts the app again. */
  install(): Promise<void>;
}

/** Menus of the system. What their entries do is the page's. */
export interface Menus {
  /** Makes them, in these words; `onChoose` hears the name of what is chosen. */
  set(words: Record<string, string>, onChoose: (name: string) => void): void;
  /** Shows or hides them in the window; absent where they stand in the bar of the screen. */
  show?(shown: boolean): void;
}

/** A file that another program gave to the window, and that is not read yet. */
export interface Given {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  read(): Promise<Blob>;
}

export interface Platform {
  /** Runs a command of the control plane; rejects with a {@link CommandFailed}. */
  control(command: string, args: unknown): Promise<unknown>;
  /**
   * Listens to the app until the returned function is called. `onOpen` is called each time listening begins;
   * whatever happened before that was not heard and must be read again. `onLost` is called when listening ended
   * without being told to; it is tried again.
   */
  subscribe(onNotice: (notice: Notice) => void, onOpen: () => void, onLost: () => void): () => void;
  /** Tries at once what is tried again after a while. */
  retry(): void;
  /** Opens an `https:` or `mailto:` address outside. The caller has shown it to the person. */
  openExternal(url: URL): Promise<void>;
  /**
   * Opens the address of the sign-in that is under way to a server of tools. The caller has shown it to the person; where it
   * leads is the shell's to know.
   */
  openSignIn(server: string, url: URL): Promise<void>;
  /** Opens the address that a question of a server wants visited, likewise. */
  openAsked(question: string, url: URL): Promise<void>;
  /** Ends the app and starts it again; only where something can start it again. */
  restart?(): Promise<void>;
  /** Saves a file that the person asked for; gives its path where it is known, `null` where a browser has it. */
  save(name: string, type: string, parts: readonly string[]): Promise<string | null>;
  /**
   * Shows a notification outside of the window, which a click brings back; `open` names what the click does.
   * Resolves when it ends. It leads to the window, unless it is said where else. Not shown is what happens while the window is looked at, or where notifications are off.
   */
  notify(title: string, text: string, open: string, leadsTo?: "approvals"): Promise<Became>;
  /** Shows the window in which approvals are given; with a name, one for this server of tools. */
  review(server?: string): void;
  /** Closes such a window, from within it. */
  leave(): void;
  /** Whether there are notifications here at all. */
  readonly notifies: boolean;
  /** Shows the page larger or smaller; absent where a browser does. */
  zoom?(factor: number): void;
  /** Absent in a browser. On a Mac they have their keys, which the page leaves to them. */
  readonly menus?: Menus;
  /** Absent in a browser. */
  readonly updates?: Updates;
  /**
   * Calls `onDrop` with the files of each drop until the returned function is called; absent where the page's own event
   * carries them. The page still has to say while they are held over it that it takes them.
   */
  onDrop?(onDrop: (files: readonly Given[]) => void): () => void;
  /**
   * The image that is being pasted, where the page's own event carries none; to be called while the event lasts. Absent
   * where it does carry it.
   */
  pastedImage?(): Promise<Given | null>;
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

import { Channel, invoke } from "@tauri-apps/api/core";
import type { Notice } from "@/api/generated/types";
import { type Became, failed, type Given, type Platform, type Release, type UpdateChannel } from "./types";

const mac = navigator.userAgent.includes("Mac");
const webkitgtk = navigator.userAgent.includes("Linux");

/** Runs one of the shell's own commands. */
async function shell<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    throw failed(error);
  }
}

let dropped: ((files: readonly Given[]) => void) | null = null;
let hearing = false;

/** WebKitGTK gives a page no files with a drop: the shell tells of them, and they are read one by one. */
function onDrop(listener: (files: readonly Given[]) => void): () => void {
  dropped = listener;
  if (!hearing) {
    hearing = true;
    const channel = new Channel<ReadonlyArray<{ name: string; size: number }>>();
    channel.onmessage = (files) =>
      dropped?.(
        files.map((file, number) => ({
          ...file,
          read: async () => new Blob([await shell<ArrayBuffer>("dropped_file", { number })]),
        })),
      );
    void invoke("hear_drops", { channel });
  }
  return () => {
    if (dropped === listener) dropped = null;
  };
}

/** WebKitGTK gives a page no image with a paste, but lets it read the clipboard meanwhile. */
async function pastedImage(): Promise<Given | null> {
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((one) => one.startsWith("image/"));
    if (type === undefined) continue;
    const image = await item.getType(type);
    return { name: "", size: image.size, read: async () => image };
  }
  return null;
}

/** The desktop window: Tauri's own IPC, no network. */
export const tauri: Platform = {
  async control(command, args) {
    try {
      return await invoke("control", { command: { command, args } });
    } catch (error) {
      throw failed(error);
    }
  },
  subscribe(onNotice, onOpen) {
    let on = true;
    const channel = new Channel<Notice>();
    channel.onmessage = (notice) => {
      if (on) onNotice(notice);
    };
    invoke("subscribe", { channel }).then(
      () => on && onOpen(),
      () => undefined,
    );
    return () => {
      on = false;
    };
  },
  // the app is this process: it cannot be lost
  retry() {},
  async openExternal(url) {
    await invoke("open_external", { url: url.href });
  },
  openAsked: (question) => shell<void>("open_asked", { question }),
  openSignIn: (server) => shell<void>("open_sign_in", { server }),
  async restart() {
    await invoke("restart");
  },
  save: (name, _type, parts) => shell<string>("save", { name, text: parts.join("") }),
  notify: (title, text, open, leadsTo) => invoke<Became>("notify", { title, text, open, leadsTo }),
  review: (server) => void invoke(server === undefined ? "show_approvals" : "show_server", { server }),
  leave: () => void invoke("leave"),
  notifies: webkitgtk,
  ...(webkitgtk && { onDrop, pastedImage }),
  zoom: (factor) => void invoke("zoom", { factor }),
  menus: {
    set(words, onChoose) {
      const channel = new Channel<string>();
      channel.onmessage = onChoose;
      void invoke("set_menu", { words, channel });
    },
    show: mac ? undefined : (shown) => void invoke("show_menu", { shown }),
  },
  updates: {
    channel: () => shell<UpdateChannel>("update_channel"),
    check: () => shell<Release | null>("check_for_update"),
    download(onProgress) {
      const channel = new Channel<{ received: number; total: number | null }>();
      channel.onmessage = ({ received, total }) => onProgress(received, total);
      return shell<boolean>("download_update", { channel });
    },
    cancel: () => shell<void>("cancel_update"),
    install: () => shell<void>("install_update"),
  },
  mac,
};

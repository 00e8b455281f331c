import { Channel, invoke } from "@tauri-apps/api/core";
import type { Notice } from "@/api/generated/types";
import { type Became, failed, type Platform, type Release, type UpdateChannel } from "./types";

const mac = navigator.userAgent.includes("Mac");

/** Runs one of the shell's own commands. */
async function shell<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (error) {
    throw failed(error);
  }
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
  notifies: navigator.userAgent.includes("Linux"),
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

import { Channel, invoke } from "@tauri-apps/api/core";
import type { Notice } from "@/api/generated/types";
import { type Became, failed, type Platform } from "./types";

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
  async restart() {
    await invoke("restart");
  },
  async save(name, _type, parts) {
    try {
      return await invoke<string>("save", { name, text: parts.join("") });
    } catch (error) {
      throw failed(error);
    }
  },
  notify: (title, text, open) => invoke<Became>("notify", { title, text, open }),
  notifies: navigator.userAgent.includes("Linux"),
  mac: navigator.userAgent.includes("Mac"),
};

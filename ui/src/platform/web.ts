import type { Notice } from "@/api/generated/types";
import { CommandFailed, type Platform, unreachable } from "./types";
import { t } from "./words";

// The one-time token comes in the fragment, which no server and no log sees, and leaves the address bar at once.
const KEY = "inglenook-token";
let token = "";

/** Takes the token out of the address; to be called before anything reads the address. */
export function takeToken(): void {
  const found = /(?:^#|&)token=([\w-]+)/.exec(location.hash)?.[1];
  if (found !== undefined) {
    sessionStorage.setItem(KEY, found);
    history.replaceState(null, "", location.pathname + location.search);
  }
  token = found ?? sessionStorage.getItem(KEY) ?? "";
}

const APPROVALS = "approvals.html";

/** Ends the pause before the next try. */
let again = () => {};

// in the app the shell says which window it is; a browser has to say so itself
const own: Record<string, string> = location.pathname.endsWith(`/${APPROVALS}`)
  ? { "X-Inglenook-Window": "approvals" }
  : {};
const headers = () => ({ Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...own });

async function listen(
  signal: AbortSignal,
  onOpen: () => void,
  onNotice: (notice: Notice) => void,
): Promise<void> {
  const response = await fetch("/notices", { headers: headers(), signal });
  if (!response.ok || response.body === null) throw new Error(`notices: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let open = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (!open) {
      open = true;
      onOpen();
    }
    rest += value;
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const event = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (event.startsWith("data: ")) onNotice(JSON.parse(event.slice(6)) as Notice);
      end = rest.indexOf("\n\n");
    }
  }
}

/** A browser against the feature `web-host`: for tests and for work on the window. */
export const web: Platform = {
  async control(command, args) {
    let response: Response;
    try {
      response = await fetch("/control", {
        method: "POST",
        headers: headers(),
        body: JSON.stringify({ command, args }),
      });
    } catch {
      throw unreachable(t("reach.away"));
    }
    if (response.status === 401) throw unreachable(t("reach.token"));
    if (!response.ok) throw unreachable(t("reach.status", { status: response.status }));
    const answer = await response.json();
    if ("failure" in answer) throw new CommandFailed(answer.failure);
    return answer.ok;
  },
  subscribe(onNotice, onOpen, onLost) {
    const stop = new AbortController();
    (async () => {
      for (let wait = 250; !stop.signal.aborted; wait = Math.min(wait * 2, 4000)) {
        await listen(
          stop.signal,
          () => {
            wait = 250;
            onOpen();
          },
          onNotice,
        ).catch(() => undefined);
        if (stop.signal.aborted) return;
        onLost();
        await new Promise<void>((resume) => {
          const timer = setTimeout(resume, wait);
          again = () => {
            clearTimeout(timer);
            resume();
          };
        });
      }
    })();
    return () => stop.abort();
  },
  retry: () => again(),
  async openExternal(url) {
    window.open(url.href, "_blank", "noopener,noreferrer");
  },
  async openSignIn(_server, url) {
    window.open(url.href, "_blank", "noopener,noreferrer");
  },
  async openAsked(_question, url) {
    window.open(url.href, "_blank", "noopener,noreferrer");
  },
  async save(name, type, parts) {
    const url = URL.createObjectURL(new Blob([...parts], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // the download has begun by then, and the text is not held for ever
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return null;
  },
  // a browser asks for leave first, and the page is looked at anyway
  notify: async () => "not_shown",
  review: (server) => {
    const at = server === undefined ? APPROVALS : `${APPROVALS}?server=${server}`;
    window.open(`./${at}`, `inglenook-${server ?? "approvals"}`, "popup,width=520,height=640");
  },
  leave: () => window.close(),
  notifies: navigator.userAgent.includes("Linux"),
  mac: navigator.userAgent.includes("Mac"),
};

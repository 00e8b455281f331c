// The one way out of the window (SEC-26): a dialog with the whole address.

import { useSyncExternalStore } from "react";
import { failed, platform } from "@/platform";
import { Button } from "./button";
import { CopyButton } from "./copy";
import { Dialog } from "./dialog";
import { sayFailure } from "./toasts";
import { t } from "./words";

let offered: URL | null = null;
const listeners = new Set<() => void>();

function offer(url: URL | null): void {
  offered = url;
  for (const listener of listeners) listener();
}

/** Shows an address and asks whether to open it. */
export const offerLink = (url: URL): void => offer(url);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function LinkDoor() {
  const url = useSyncExternalStore(subscribe, () => offered);
  const mail = url?.protocol === "mailto:";
  return (
    <Dialog
      open={url !== null}
      onClose={() => offer(null)}
      title={t(mail ? "link.write" : "link.open")}
      description={t("link.text")}
      foot={
        <>
          <CopyButton text={url?.href ?? ""}>{t("copy.copy")}</CopyButton>
          <Button
            look="main"
            onClick={() => {
              if (url) platform.openExternal(url).catch((error) => sayFailure(failed(error)));
              offer(null);
            }}
          >
            {t(mail ? "link.doWrite" : "link.doOpen")}
          </Button>
        </>
      }
    >
      <p
        className="selectable break-all rounded-md bg-canvas px-3 py-2 font-mono text-xs"
        data-testid="link-address"
      >
        {url?.href}
      </p>
    </Dialog>
  );
}

/** A link of our own text; it takes the same way. */
export function OutLink({ href, children }: { href: string; children: string }) {
  return (
    <button
      type="button"
      className="cursor-pointer underline decoration-edge underline-offset-2 hover:decoration-ink"
      onClick={() => {
        if (URL.canParse(href)) offerLink(new URL(href));
      }}
    >
      {children}
    </button>
  );
}

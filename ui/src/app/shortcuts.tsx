import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Dialog } from "@/components/dialog";
import { platform } from "@/platform";
import { dialogIsOpen } from "./open-dialog";
import { SCREENS } from "./screens";
import { questionKey, ShortcutList } from "./shortcut-list";
import { t } from "./words";
import { zoomKey } from "./zoom";

const writing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys that work on every screen. */
export function useShortcuts(open: (what: "palette" | "sheet") => void): void {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const mod = event.ctrlKey || event.metaKey;
      // there the menu has these keys, and does what they mean
      if (mod && event.key !== "/" && platform.mac && platform.menus) return;
      if (mod && !event.altKey && zoomKey(event.key)) {
        event.preventDefault();
        return;
      }
      // what is typed in a dialog would be lost
      if (dialogIsOpen()) return;
      // on some keyboards the sign needs Shift
      if (mod && !event.altKey && event.key === "/") {
        open("sheet");
        event.preventDefault();
        return;
      }
      if (mod && !event.altKey && !event.shiftKey) {
        const key = event.key.toLowerCase();
        const screen = SCREENS[Number(key) - 1];
        if (key === "k") open("palette");
        else if (key === "n") navigate({ to: "/chat", search: { fresh: Date.now() } });
        else if (key === "f") {
          // an open session stays open
          if (pathname.startsWith("/chat/"))
            navigate({ to: ".", search: { find: Date.now() }, replace: true });
          else navigate({ to: "/chat", search: { find: Date.now() } });
        } else if (screen !== undefined) navigate({ to: screen.to });
        else return;
        event.preventDefault();
      } else if (event.key === "?" && questionKey.isOn() && !mod && !event.altKey && !writing(event.target)) {
        open("sheet");
        event.preventDefault();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [navigate, pathname, open]);
}

export function ShortcutSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog reading wide open={open} onClose={onClose} title={t("keyboard.title")}>
      <ShortcutList />
    </Dialog>
  );
}

import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Dialog } from "@/components/dialog";
import { Keys } from "@/components/keys";
import { chatKeys } from "@/features/chat/keys";
import { platform } from "@/platform";
import { SCREENS } from "./screens";
import { t } from "./words";
import { zoomKey } from "./zoom";

/** Keys and what they do, in the order of the sheet. */
const sheet = (): ReadonlyArray<[string, string]> => [
  ["mod+K", t("keyboard.palette")],
  ["mod+N", t("keyboard.newChat")],
  ...SCREENS.map(({ name }, at): [string, string] => [`mod+${at + 1}`, t(`screens.${name}`)]),
  ["mod+F", t("keyboard.find")],
  ["Enter", t("keyboard.send")],
  ["Shift+Enter", t("keyboard.newLine")],
  ["Esc", t("keyboard.stop")],
  ["↑", t("keyboard.edit")],
  ...chatKeys(),
  ...(platform.zoom ? zoomSheet() : []),
  ...(platform.menus?.show ? [["F10", t("keyboard.menus")] as [string, string]] : []),
  ["?", t("keyboard.sheet")],
];

const zoomSheet = (): Array<[string, string]> => [
  ["mod+plus", t("menu.zoom-in")],
  ["mod+−", t("menu.zoom-out")],
  ["mod+0", t("menu.zoom-reset")],
];

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
      if (mod && platform.mac && platform.menus) return;
      if (mod && !event.altKey && zoomKey(event.key)) {
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
      } else if (event.key === "?" && !mod && !event.altKey && !writing(event.target)) {
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
      <dl className="mb-4 gap-x-8 min-[640px]:columns-2">
        {sheet().map(([keys, what]) => (
          <div key={keys} className="flex break-inside-avoid items-baseline gap-2 py-[3px]">
            <dt className="w-26 shrink-0">
              <Keys keys={keys} />
            </dt>
            <dd className="text-ink-2">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

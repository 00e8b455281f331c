import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Dialog } from "@/components/dialog";
import { Keys } from "@/components/keys";
import { SCREENS } from "./screens";

const SHEET: ReadonlyArray<[string, string]> = [
  ["mod+K", "Go anywhere"],
  ["mod+N", "New chat"],
  ["mod+1", "Chat"],
  ["mod+2", "Agents"],
  ["mod+3", "Providers"],
  ["mod+4", "Connect"],
  ["mod+5", "Usage"],
  ["mod+6", "Settings"],
  ["mod+F", "Find a session"],
  ["Enter", "Send the message"],
  ["Shift+Enter", "New line"],
  ["Esc", "Stop the answer, or close what is open"],
  ["↑", "In an empty field: edit the last message"],
  ["?", "This sheet"],
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
    <Dialog open={open} onClose={onClose} title="Keyboard">
      <dl className="mb-4 grid grid-cols-[7rem_1fr] gap-y-1.5">
        {SHEET.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd className="text-ink-2">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

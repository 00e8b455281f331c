// The system's own menu at the pointer is for text: cut, copy, paste. Beside text it would offer what browsers do, going
// back and loading again, which mean nothing in an app.

import { useEffect } from "react";
import { platform } from "@/platform";

const isText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement);

export function useContextMenu(): void {
  useEffect(() => {
    if (platform.menus === undefined) return;
    const take = (event: MouseEvent) => {
      const selected = getSelection()?.toString() ?? "";
      if (!isText(event.target) && selected === "") event.preventDefault();
    };
    window.addEventListener("contextmenu", take);
    return () => window.removeEventListener("contextmenu", take);
  }, []);
}

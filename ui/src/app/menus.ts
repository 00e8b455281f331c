// The system's menus and the tray: the same actions as the palette and the keys, in the same words.

import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { client, status } from "@/api/queries";
import { copyText } from "@/components/copy";
import { saySo } from "@/components/toasts";
import { useLanguage } from "@/i18n";
import { platform } from "@/platform";
import { dialogIsOpen } from "./open-dialog";
import { SCREENS } from "./screens";
import { t } from "./words";
import { zoomIn, zoomOut, zoomReset } from "./zoom";

const words = (): Record<string, string> => ({
  ...t("menu", { returnObjects: true }),
  ...t("tray", { returnObjects: true }),
  ...Object.fromEntries(SCREENS.map(({ name }) => [name, t(`screens.${name}`)])),
  "new-chat": t("palette.newChat"),
  "new-agent": t("palette.newAgent"),
  "new-key": t("palette.newKey"),
  "copy-address": t("palette.copyAddress"),
  palette: t("palette.title"),
  find: t("keyboard.find"),
  shortcuts: t("keyboard.title"),
  setup: t("palette.setup"),
});

async function copyAddress(): Promise<void> {
  const { endpoint } = await client.ensureQueryData(status);
  if (endpoint.state !== "listening") return;
  await copyText(endpoint.base_url);
  saySo(t("palette.copied"));
}

/** What can be chosen while a dialog is open: it goes nowhere. */
const STAYING: ReadonlySet<string> = new Set(["copy-address", "zoom-in", "zoom-out", "zoom-reset"]);

/** Makes the menus, again when the language changes, and does what is chosen in them. */
export function useMenus(open: (what: "palette" | "sheet") => void): void {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const language = useLanguage();
  const choose = useRef<(name: string) => void>(() => undefined);
  choose.current = (name) => {
    // a key of the system's menu leaves what is typed in a dialog no more than one of the page does
    if (dialogIsOpen() && !STAYING.has(name)) return;
    const screen = SCREENS.find((one) => one.name === name);
    if (screen !== undefined) navigate({ to: screen.to });
    else if (name === "new-chat") navigate({ to: "/chat", search: { fresh: Date.now() } });
    else if (name === "new-agent") navigate({ to: "/agents/$agent", params: { agent: "new" } });
    else if (name === "new-key") navigate({ to: "/connect", search: { key: "new" } });
    else if (name === "copy-address") void copyAddress();
    else if (name === "palette") open("palette");
    else if (name === "shortcuts") open("sheet");
    else if (name === "setup") navigate({ to: "/welcome" });
    else if (name === "zoom-in") zoomIn();
    else if (name === "zoom-out") zoomOut();
    else if (name === "zoom-reset") zoomReset();
    else if (name === "find") {
      const search = { find: Date.now() };
      // an open session stays open
      if (pathname.startsWith("/chat/")) navigate({ to: ".", search, replace: true });
      else navigate({ to: "/chat", search });
    }
  };
  useShown();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words are those of the language
  useEffect(() => {
    platform.menus?.set(words(), (name) => {
      showMenus(false);
      choose.current(name);
    });
  }, [language]);
}

let shown = false;

function showMenus(on: boolean): void {
  shown = on;
  platform.menus?.show?.(on);
}

/** Where menus stand in the window, F10 shows them, and whatever is done beside them hides them again. */
function useShown(): void {
  useEffect(() => {
    if (platform.menus?.show === undefined) return;
    const take = (event: KeyboardEvent | PointerEvent) => {
      const asked = event instanceof KeyboardEvent && event.key === "F10" && !shown;
      if (!asked && !shown) return;
      showMenus(asked);
      if (asked) event.preventDefault();
    };
    window.addEventListener("keydown", take, true);
    window.addEventListener("pointerdown", take, true);
    return () => {
      window.removeEventListener("keydown", take, true);
      window.removeEventListener("pointerdown", take, true);
    };
  }, []);
}

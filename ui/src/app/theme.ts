import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Theme } from "@/api/generated/types";
import { settings } from "@/api/queries";
import { recall, remember } from "@/lib/store";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function show(theme: Theme): void {
  const shown = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset.theme = shown;
}

/** Before the first paint: what was chosen last, so that nothing flashes. */
export function showRememberedTheme(): void {
  const theme = recall("theme");
  show(theme === "light" || theme === "dark" ? theme : "system");
}

/** Follows the setting, and the system where the setting says so. */
export function useTheme(): void {
  const theme = useQuery(settings).data?.theme;
  useEffect(() => {
    if (theme === undefined) return;
    remember("theme", theme);
    const follow = () => show(theme);
    follow();
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, [theme]);
}

// What the palette offers: actions, screens, settings, agents and sessions.

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Copy,
  Keyboard,
  KeyRound,
  Languages,
  Lock,
  type LucideIcon,
  MessageSquare,
  Pencil,
  Plus,
  Sparkle,
  SunMoon,
  Users,
} from "lucide-react";
import { useDeferredValue } from "react";
import type { Language, SettingsPatch, Theme } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, search, settings, status } from "@/api/queries";
import { copyText } from "@/components/copy";
import { sayFailure, saySo } from "@/components/toasts";
import { LANGUAGES } from "@/i18n";
import { titleOf } from "@/lib/title";
import { SCREENS } from "./screens";
import { t } from "./words";

/** In the order in which they are shown. */
export const GROUPS = ["recent", "do", "go", "chat", "settings", "sessions"] as const;
export type Group = (typeof GROUPS)[number];

export interface Entry {
  /** The same at every start, so that it can be remembered as recent. */
  id: string;
  group: Group;
  label: string;
  hint?: string;
  icon: LucideIcon;
  /** The shortcut that does the same. */
  keys?: string;
  /** Only among what was searched for. */
  quiet?: boolean;
  run: () => void;
}

const THEMES = { dark: "useDark", light: "useLight", system: "useSystem" } as const;

/** Everything but sessions, and the sessions that `query` finds. */
export function useEntries(query: string, onSheet: () => void): { fixed: Entry[]; found: Entry[] } {
  const navigate = useNavigate();
  const known = useQuery(agents).data ?? [];
  const now = useQuery(settings).data;
  const app = useQuery(status).data;
  const { mutate: set } = useCommand("settings.set", { onError: sayFailure });
  const { mutate: lock } = useCommand("vault.lock", { onError: sayFailure });
  const hits = useQuery(search(useDeferredValue(query.trim()))).data ?? [];
  const change = (patch: SettingsPatch) => set(patch);

  const act = (id: string, label: string, icon: LucideIcon, run: () => void, keys?: string): Entry => ({
    id,
    group: "do",
    label,
    icon,
    keys,
    run,
  });
  const endpoint = app?.endpoint;
  const fixed: Entry[] = [
    act(
      "new-chat",
      t("palette.newChat"),
      Plus,
      () => navigate({ to: "/chat", search: { fresh: Date.now() } }),
      "mod+N",
    ),
    act("new-agent", t("palette.newAgent"), Users, () =>
      navigate({ to: "/agents/$agent", params: { agent: "new" } }),
    ),
    act("new-key", t("palette.newKey"), KeyRound, () => navigate({ to: "/connect", search: { key: "new" } })),
    ...(endpoint?.state === "listening"
      ? [
          act("copy-address", t("palette.copyAddress"), Copy, () => {
            copyText(endpoint.base_url).then(() => saySo(t("palette.copied")));
          }),
        ]
      : []),
    act("shortcuts", t("palette.shortcuts"), Keyboard, onSheet, "?"),
    ...(app?.vault.state === "available" && app.vault.kind === "passphrase"
      ? [act("lock-vault", t("palette.lockVault"), Lock, () => lock({}))]
      : []),
    act("welcome", t("palette.setup"), Sparkle, () => navigate({ to: "/welcome" })),
    ...SCREENS.map(
      ({ to, name, icon }, at): Entry => ({
        id: to,
        group: "go",
        label: t(`screens.${name}`),
        icon,
        keys: `mod+${at + 1}`,
        run: () => void navigate({ to }),
      }),
    ),
    ...known.flatMap((agent): Entry[] => [
      {
        id: `chat-${agent.id}`,
        group: "chat",
        label: agent.name,
        hint: agent.slug,
        icon: MessageSquare,
        run: () => void navigate({ to: "/chat", search: { agent: agent.slug, fresh: Date.now() } }),
      },
      {
        id: `edit-${agent.id}`,
        group: "do",
        label: t("palette.editAgent", { name: agent.name }),
        hint: agent.slug,
        icon: Pencil,
        quiet: true,
        run: () => void navigate({ to: "/agents/$agent", params: { agent: agent.id } }),
      },
    ]),
    ...Object.entries(THEMES)
      .filter(([theme]) => theme !== now?.theme)
      .map(
        ([theme, label]): Entry => ({
          id: `theme-${theme}`,
          group: "settings",
          label: t(`palette.${label}`),
          icon: SunMoon,
          quiet: true,
          run: () => change({ theme: theme as Theme }),
        }),
      ),
    ...Object.entries(LANGUAGES).map(
      ([language, name]): Entry => ({
        id: `language-${language}`,
        group: "settings",
        label: t("palette.language", { name }),
        icon: Languages,
        quiet: true,
        run: () => change({ language: language as Language }),
      }),
    ),
  ];
  const found = hits.slice(0, 8).map(
    (hit): Entry => ({
      id: `session-${hit.session.id}-${hit.message ?? ""}`,
      group: "sessions",
      label: titleOf(hit.session.title),
      hint: hit.snippet.map((piece) => piece.text).join(""),
      icon: MessageSquare,
      run: () =>
        void navigate({
          to: "/chat/$session",
          params: { session: hit.session.id },
          search: hit.message === null ? {} : { at: hit.message },
        }),
    }),
  );
  return { fixed, found };
}

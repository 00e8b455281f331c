import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, type LucideIcon, MessageSquare, Plus, Sparkle, SunMoon, Users } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { useCommand } from "@/api/mutations";
import { agents, search, settings } from "@/api/queries";
import { cx } from "@/lib/cx";
import { titleOf } from "@/lib/title";
import { SCREENS } from "./screens";
import { t } from "./words";

interface Entry {
  id: string;
  group: string;
  label: string;
  hint?: string;
  icon: LucideIcon;
  run: () => void;
}

/** Go anywhere, or do something, by typing its name. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fade-in fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup
          aria-label={t("palette.title")}
          className="fade-in fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-3rem)] max-w-[36rem] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-overlay outline-none"
        >
          <Body onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useEntries(query: string): Entry[] {
  const navigate = useNavigate();
  const known = useQuery(agents).data ?? [];
  const theme = useQuery(settings).data?.theme;
  const set = useCommand("settings.set");
  const late = useDeferredValue(query.trim());
  const hits = useQuery(search(late)).data ?? [];

  const next = theme === "dark" ? "light" : "dark";
  const fixed: Entry[] = [
    {
      id: "new-chat",
      group: t("palette.groups.do"),
      label: t("palette.newChat"),
      icon: Plus,
      run: () => navigate({ to: "/chat", search: { fresh: Date.now() } }),
    },
    ...SCREENS.map(({ to, name, icon }) => ({
      id: to,
      group: t("palette.groups.go"),
      label: t(`screens.${name}`),
      icon,
      run: () => void navigate({ to }),
    })),
    {
      id: "new-agent",
      group: t("palette.groups.do"),
      label: t("palette.newAgent"),
      icon: Users,
      run: () => navigate({ to: "/agents/$agent", params: { agent: "new" } }),
    },
    {
      id: "new-key",
      group: t("palette.groups.do"),
      label: t("palette.newKey"),
      icon: KeyRound,
      run: () => navigate({ to: "/connect", search: { key: "new" } }),
    },
    {
      id: "welcome",
      group: t("palette.groups.do"),
      label: t("palette.setup"),
      icon: Sparkle,
      run: () => navigate({ to: "/welcome" }),
    },
    {
      id: "theme",
      group: t("palette.groups.do"),
      label: t(next === "dark" ? "palette.useDark" : "palette.useLight"),
      icon: SunMoon,
      run: () =>
        set.mutate({ default_agent: null, port: null, theme: next, starter_consent: null, vault: null }),
    },
    ...known.map((agent) => ({
      id: `agent-${agent.id}`,
      group: t("palette.groups.chat"),
      label: agent.name,
      hint: agent.slug,
      icon: MessageSquare,
      run: () => void navigate({ to: "/chat", search: { agent: agent.slug, fresh: Date.now() } }),
    })),
  ];
  const groups = [t("palette.groups.do"), t("palette.groups.go"), t("palette.groups.chat")];
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (entry: Entry) => {
    const text = `${entry.group} ${entry.label} ${entry.hint ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const found: Entry[] =
    late === "" || words.length === 0
      ? []
      : hits.slice(0, 8).map((hit) => ({
          id: `session-${hit.session.id}-${hit.message ?? ""}`,
          group: t("palette.groups.sessions"),
          label: titleOf(hit.session.title),
          hint: hit.snippet.map((piece) => piece.text).join(""),
          icon: MessageSquare,
          run: () => void navigate({ to: "/chat/$session", params: { session: hit.session.id } }),
        }));
  return [
    ...fixed.filter(matches).sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group)),
    ...found,
  ];
}

function Body({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const entries = useEntries(query);
  const list = useRef<HTMLDivElement>(null);
  const chosen = Math.min(at, entries.length - 1);

  useEffect(() => {
    list.current?.querySelector(`[data-at="${chosen}"]`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  return (
    <>
      <input
        // biome-ignore lint/a11y/noAutofocus: a palette is opened to type into it
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={entries[chosen] ? `palette-${chosen}` : undefined}
        aria-label={t("palette.title")}
        placeholder={t("palette.placeholder")}
        className="h-12 w-full border-line border-b bg-transparent px-4 text-base outline-none"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, entries.length - 1));
          else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
          else if (event.key === "Enter") run(entries[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <div
        ref={list}
        id="palette-list"
        role="listbox"
        aria-label={t("palette.results")}
        className="max-h-[22rem] overflow-y-auto p-1.5"
      >
        {entries.length === 0 && <p className="px-2.5 py-2 text-ink-3">{t("palette.none")}</p>}
        {entries.map((entry, index) => (
          <div key={entry.id}>
            {entry.group !== entries[index - 1]?.group && (
              <p className="px-2.5 pt-2 pb-1 text-2xs text-ink-3">{entry.group}</p>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field above holds the focus and handles the keys */}
            <div
              id={`palette-${index}`}
              data-at={index}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              className={cx("flex h-8 items-center gap-2.5 rounded-md px-2.5", index === chosen && "bg-pick")}
              onPointerMove={() => setAt(index)}
              onClick={() => run(entry)}
            >
              <entry.icon size={16} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
              <span className="shrink-0">{entry.label}</span>
              {entry.hint && <span className="truncate text-ink-3 text-xs">{entry.hint}</span>}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

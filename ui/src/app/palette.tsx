import { Dialog } from "@base-ui/react/dialog";
import { useEffect, useRef, useState } from "react";
import { Keys } from "@/components/keys";
import { cx } from "@/lib/cx";
import { type Entry, useEntries } from "./entries";
import { chose, ranked } from "./rank";
import { t } from "./words";

interface PaletteProps {
  open: boolean;
  onClose: () => void;
  onSheet: () => void;
}

/** Go anywhere, or do something, by typing its name. */
export function Palette({ open, onClose, onSheet }: PaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fade-in fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup
          data-over
          aria-label={t("palette.title")}
          className="fade-in fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-3rem)] max-w-[36rem] -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-overlay outline-none"
        >
          <Body onClose={onClose} onSheet={onSheet} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Body({ onClose, onSheet }: Omit<PaletteProps, "open">) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const { fixed, found } = useEntries(query, onSheet);
  const entries = ranked(query, fixed, found);
  // what was searched for stands by how well it fits: each then says itself what it is
  const searched = query.trim() !== "";
  const list = useRef<HTMLDivElement>(null);
  const chosen = Math.min(at, entries.length - 1);

  useEffect(() => {
    list.current?.querySelector(`[data-at="${chosen}"]`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    chose(entry);
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
          else if (event.key === "Home" && event.ctrlKey) setAt(0);
          else if (event.key === "End" && event.ctrlKey) setAt(entries.length - 1);
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
        className="max-h-[min(22rem,calc(76vh-5.5rem))] scroll-py-1.5 overflow-y-auto p-1.5"
      >
        {entries.length === 0 && (
          <p className="px-2.5 py-2 text-ink-3">{t("palette.none", { query: query.trim() })}</p>
        )}
        {entries.map((entry, index) => (
          <div key={entry.id}>
            {!searched && entry.group !== entries[index - 1]?.group && (
              <p className="px-2.5 pt-2 pb-1 text-2xs text-ink-3">{t(`palette.groups.${entry.group}`)}</p>
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
              <span className="bidi min-w-0 max-w-[70%] shrink-0 truncate">{entry.label}</span>
              <span className="bidi min-w-0 flex-1 truncate text-ink-3 text-xs">{entry.hint}</span>
              {searched ? (
                <span className="shrink-0 text-2xs text-ink-3">{t(`palette.groups.${entry.group}`)}</span>
              ) : (
                entry.keys && <Keys keys={entry.keys} />
              )}
            </div>
          </div>
        ))}
      </div>
      <p className="flex gap-4 border-line border-t px-4 py-2 text-2xs text-ink-3">
        <span>
          <Keys keys="↑+↓" /> {t("palette.foot.move")}
        </span>
        <span>
          <Keys keys="Enter" /> {t("palette.foot.run")}
        </span>
        <span>
          <Keys keys="Esc" /> {t("palette.foot.close")}
        </span>
      </p>
    </>
  );
}

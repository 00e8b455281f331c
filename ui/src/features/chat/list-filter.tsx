import { useQuery } from "@tanstack/react-query";
import { Folder, FolderOpen, X } from "lucide-react";
import type { SessionsOf } from "@/api/generated/types";
import { folders as foldersQuery } from "@/api/queries";
import { IconButton } from "@/components/button";
import { Menu } from "@/components/menu";
import { cx } from "@/lib/cx";
import { t } from "./words";

/** Which sessions are listed. */
export interface Filter {
  of: SessionsOf | null;
  folder: string | null;
}

export const ALL: Filter = { of: null, folder: null };

const WHOSE: ReadonlyArray<[SessionsOf | null, "ofAll" | "ofPeople" | "ofPrograms"]> = [
  [null, "ofAll"],
  ["people", "ofPeople"],
  ["programs", "ofPrograms"],
];

/** Whose sessions, and in which folder. */
export function ListFilter({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const known = useQuery(foldersQuery).data ?? [];
  const folders = [
    { label: t("allFolders"), icon: Folder, run: () => onChange({ ...filter, folder: null }) },
    ...known.map((one) => ({
      label: one.name,
      icon: one.name === filter.folder ? FolderOpen : Folder,
      run: () => onChange({ ...filter, folder: one.name }),
    })),
  ];
  return (
    <div className="px-2 pb-1.5">
      <div className="flex items-center gap-0.5">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
        <div role="group" aria-label={t("whose")} className="flex min-w-0 flex-1 gap-0.5">
          {WHOSE.map(([of, word]) => (
            <button
              key={word}
              type="button"
              aria-pressed={filter.of === of}
              className={cx(
                "focus-inset h-6 truncate rounded-sm px-2 text-xs hover:bg-hover hover:text-ink",
                filter.of === of ? "bg-press/80 font-medium text-ink" : "text-ink-3",
              )}
              onClick={() => onChange({ ...filter, of })}
            >
              {t(word)}
            </button>
          ))}
        </div>
        {known.length > 0 && (
          <Menu
            trigger={
              <IconButton
                small
                icon={Folder}
                label={t("folders")}
                className={cx(filter.folder !== null && "text-ink")}
              />
            }
            entries={folders}
          />
        )}
      </div>
      {filter.folder !== null && (
        <p className="mt-1 flex h-7 items-center gap-1.5 rounded-sm bg-press/60 pr-0.5 pl-2 text-xs">
          <FolderOpen size={14} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
          <span className="min-w-0 flex-1 truncate">{filter.folder}</span>
          <button
            type="button"
            aria-label={t("leaveFolder")}
            className="flex size-6 items-center justify-center rounded-sm text-ink-3 hover:text-ink"
            onClick={() => onChange({ ...filter, folder: null })}
          >
            <X size={14} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </p>
      )}
    </div>
  );
}

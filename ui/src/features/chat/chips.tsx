import { FileText, X } from "lucide-react";
import { bytes } from "@/lib/format";
import type { Attached } from "./attach";
import { t } from "./words";

/** Files that go with the next message. */
export function Chips({ files, remove }: { files: readonly Attached[]; remove: (id: string) => void }) {
  if (files.length === 0) return null;
  return (
    <ul aria-label={t("attachments")} className="flex flex-wrap gap-1.5 px-2.5 pt-2.5">
      {files.map((file) => (
        <li
          key={file.id}
          className="flex h-10 max-w-56 items-center gap-2 rounded-md bg-canvas pr-1 pl-1.5"
          title={file.name}
        >
          {file.type.startsWith("image/") ? (
            <img
              src={`data:${file.type};base64,${file.data}`}
              alt=""
              className="size-7 shrink-0 rounded-sm object-cover"
            />
          ) : (
            <FileText size={16} strokeWidth={1.75} className="mx-1 shrink-0 text-ink-3" aria-hidden="true" />
          )}
          <span className="min-w-0 flex-1 leading-4">
            <span className="block truncate text-xs">{file.name}</span>
            <span className="tnum block text-2xs text-ink-3">{bytes(file.size)}</span>
          </span>
          <button
            type="button"
            aria-label={t("removeFile", { name: file.name })}
            className="flex size-6 shrink-0 items-center justify-center rounded-sm text-ink-3 hover:bg-hover hover:text-ink"
            onClick={() => remove(file.id)}
          >
            <X size={14} strokeWidth={1.75} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

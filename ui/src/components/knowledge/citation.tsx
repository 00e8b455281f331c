import { FileText } from "lucide-react";
import { useState } from "react";
import { DocumentDialog } from "./document-dialog";

interface CitationProps {
  citation: string;
  /** Beside it: the headings that the place stands under. */
  heading?: string;
  /** The collections it may be in; none: all. */
  names: readonly string[];
}

/** A citation that opens its place. */
export function Citation({ citation, heading, names }: CitationProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        className="inline-flex min-h-6 max-w-full cursor-pointer items-center gap-1.5 rounded-md bg-canvas px-2 text-left text-ink-2 text-xs hover:bg-hover hover:text-ink"
        onClick={() => setOpen(true)}
      >
        <FileText size={12} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
        <span className="min-w-0 truncate font-mono" dir="ltr">
          {citation}
        </span>
        {heading && <span className="min-w-0 truncate text-ink-3">{heading}</span>}
      </button>
      {open && <DocumentDialog citation={citation} names={names} onClose={() => setOpen(false)} />}
    </>
  );
}

import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

interface FoldProps {
  summary: ReactNode;
  /** Behind the summary: a time, a state. */
  note?: ReactNode;
  open?: boolean;
  /** It was unfolded. */
  onOpen?: () => void;
  children: ReactNode;
}

/** What is there, but not in the way. */
export function Fold({ summary, note, open, onOpen, children }: FoldProps) {
  return (
    <details
      className="group/fold text-ink-2"
      open={open}
      onToggle={(event) => event.currentTarget.open && onOpen?.()}
    >
      <summary className="flex w-fit list-none items-center gap-1 rounded-sm text-ink-3 hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight
          size={14}
          strokeWidth={1.75}
          className="-ml-0.5 shrink-0 group-open/fold:rotate-90"
          aria-hidden="true"
        />
        <span className="min-w-0 truncate">{summary}</span>
        {note && <span className="tnum shrink-0 text-xs">· {note}</span>}
      </summary>
      <div className="mt-2 ml-1.5 border-line border-l pl-3.5">{children}</div>
    </details>
  );
}

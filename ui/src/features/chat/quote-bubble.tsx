import { Quote } from "lucide-react";
import { type RefObject, useEffect, useState } from "react";
import { Button } from "@/components/button";
import { t } from "./words";

interface QuoteBubbleProps {
  within: RefObject<HTMLElement | null>;
  quote: (text: string) => void;
}

interface Selected {
  text: string;
  x: number;
  y: number;
}

/** Offers to quote what is selected in the thread; `mod+Shift+Q` does the same. */
export function QuoteBubble({ within, quote }: QuoteBubbleProps) {
  const [selected, setSelected] = useState<Selected | null>(null);
  useEffect(() => {
    const look = () => {
      const selection = document.getSelection();
      const box = within.current;
      const text = selection?.toString().trim() ?? "";
      const anchor = selection?.anchorNode ?? null;
      if (selection === null || box === null || text === "" || anchor === null || !box.contains(anchor)) {
        setSelected(null);
        return;
      }
      const at = selection.getRangeAt(0).getBoundingClientRect();
      const frame = box.getBoundingClientRect();
      const y = Math.max(4, at.top - frame.top - 36);
      setSelected({ text, x: at.left - frame.left + at.width / 2, y: Math.min(y, frame.height - 40) });
    };
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [within]);

  const take = () => {
    if (selected === null) return;
    quote(selected.text);
    document.getSelection()?.removeAllRanges();
    setSelected(null);
  };
  useEffect(() => {
    if (selected === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || !event.shiftKey || event.key.toLowerCase() !== "q") return;
      event.preventDefault();
      take();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  if (selected === null) return null;
  return (
    <Button
      small
      icon={Quote}
      className="-translate-x-1/2 absolute shadow-overlay"
      style={{ left: selected.x, top: selected.y }}
      // the selection must outlive the press
      onMouseDown={(event) => event.preventDefault()}
      onClick={take}
    >
      {t("quote")}
    </Button>
  );
}

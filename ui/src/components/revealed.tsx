import { memo } from "react";
import { reveal } from "@/lib/reveal";

/** A text from somewhere else: wrapped and never cut off, with whatever hides in it made visible. */
export const Revealed = memo(function Revealed({ text }: { text: string }) {
  return (
    <span
      dir="ltr"
      className="selectable block whitespace-pre-wrap font-mono text-xs [overflow-wrap:anywhere] [unicode-bidi:isolate]"
    >
      {reveal(text).map((piece, at) => {
        const key = `${at}`;
        if (piece.kind === "text") return <bdi key={key}>{piece.text}</bdi>;
        if (piece.kind === "line")
          return (
            <span key={key}>
              <span aria-hidden="true" className="select-none text-ink-3">
                ↵
              </span>
              {"\n"}
            </span>
          );
        return (
          <span key={key} className="mx-px rounded-sm bg-bad-wash px-1 text-bad">
            {piece.code}
          </span>
        );
      })}
    </span>
  );
});

import { cx } from "@/lib/cx";

/** A change of a text as `diff -u` writes it; each line says by its sign what it is, not by its colour alone. */
export function Diff({ text, label }: { text: string; label: string }) {
  const lines = text
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(---|\+\+\+) /.test(line));
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="selectable focus-inset max-h-[45vh] overflow-auto rounded-md bg-canvas py-2 font-mono text-xs"
    >
      {lines.map((line, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other identity
          key={at}
          className={cx(
            "min-h-[1.125rem] w-max min-w-full whitespace-pre px-3",
            line.startsWith("+") && "text-good",
            line.startsWith("-") && "text-bad",
            line.startsWith("@@") && "text-ink-3",
          )}
        >
          {line}
        </div>
      ))}
    </section>
  );
}

import { cx } from "@/lib/cx";
import { platform } from "@/platform";

/** A shortcut written as the keyboard has it: `mod+K`. */
export function Keys({ keys, inverse }: { keys: string; inverse?: boolean }) {
  return (
    <span className="inline-flex gap-0.5">
      {keys.split("+").map((key) => (
        <kbd
          key={key}
          className={cx(
            "min-w-4 rounded-sm px-1 text-center font-sans text-2xs",
            inverse ? "bg-paper/15 text-paper" : "bg-press text-ink-2",
          )}
        >
          {key === "mod" ? (platform.mac ? "⌘" : "Ctrl") : key}
        </kbd>
      ))}
    </span>
  );
}

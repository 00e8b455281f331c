import { cx } from "@/lib/cx";

interface ClientIconProps {
  /** The program's name. */
  name: string;
  /** What its key calls its icon: one or two letters. */
  icon: string | null;
  className?: string;
}

/** The sign of a program: what its key says where that is one sign, else its first letter. */
export function ClientIcon({ name, icon, className }: ClientIconProps) {
  const chosen = icon !== null && [...icon].length <= 2 ? icon : name.trim().slice(0, 1).toUpperCase();
  return (
    <span
      role="img"
      aria-label={name}
      title={name}
      className={cx(
        "inline-flex size-4 shrink-0 select-none items-center justify-center rounded-sm bg-press font-medium text-[0.625rem] text-ink-2",
        className,
      )}
    >
      {chosen}
    </span>
  );
}

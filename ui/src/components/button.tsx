import type { LucideIcon } from "lucide-react";
import type { ComponentProps, Ref } from "react";
import { cx } from "@/lib/cx";
import { Tip } from "./tip";

type Look = "main" | "plain" | "quiet" | "bad";

const LOOKS: Record<Look, string> = {
  main: "bg-ink text-paper enabled:hover:bg-ink-2 enabled:active:bg-ink-3 disabled:bg-press disabled:text-ink-3",
  plain:
    "border border-edge/60 bg-raised text-ink enabled:hover:bg-hover enabled:active:bg-press disabled:border-line disabled:bg-transparent disabled:text-ink-3",
  quiet:
    "text-ink-2 enabled:hover:bg-hover enabled:hover:text-ink enabled:active:bg-press disabled:text-ink-3",
  bad: "border border-bad/50 bg-raised text-bad enabled:hover:bg-bad-wash enabled:active:border-bad disabled:border-line disabled:bg-transparent disabled:text-ink-3",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  small?: boolean;
  icon?: LucideIcon;
  /** While true the button waits and cannot be pressed again. */
  busy?: boolean;
}

export function Button({
  look = "plain",
  small,
  icon: Icon,
  busy,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={cx(
        "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors duration-100",
        small ? "h-7 px-2.5 text-xs" : "h-8 px-3 text-sm",
        LOOKS[look],
        className,
      )}
    >
      {Icon && <Icon size={small ? 14 : 16} strokeWidth={1.75} aria-hidden="true" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** What it does, for the tooltip and for screen readers. */
  label: string;
  keys?: string;
  small?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ icon: Icon, label, keys, small, className, ...rest }: IconButtonProps) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        {...rest}
        className={cx(
          "inline-flex shrink-0 items-center justify-center rounded-md text-ink-3 transition-colors duration-100 enabled:hover:bg-hover enabled:hover:text-ink enabled:active:bg-press disabled:opacity-50",
          small ? "size-7" : "size-8",
          className,
        )}
      >
        <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </Tip>
  );
}

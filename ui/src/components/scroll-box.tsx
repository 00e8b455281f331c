import type { ReactNode } from "react";
import { cx } from "@/lib/cx";

interface ScrollBoxProps {
  /** What is in it, for screen readers. */
  name: string;
  className?: string;
  children: ReactNode;
}

/** A place on a page that scrolls by itself, and therefore can be reached by keyboard. */
export function ScrollBox({ name, className, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a place that scrolls, not a set of fields
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      role="group"
      aria-label={name}
      className={cx("selectable focus-inset overflow-auto", className)}
    >
      {children}
    </div>
  );
}

import type { KeyboardEvent, ReactNode } from "react";
import { cx } from "@/lib/cx";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/** Goes from choice to choice; what lies below one of them has its own arrow keys. */
function go(event: KeyboardEvent<HTMLElement>): void {
  const by = STEPS[event.key];
  if (by === undefined || !(event.target instanceof HTMLElement) || event.target.role !== "radio") return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=radio]")];
  const next = all[(all.indexOf(event.target) + by + all.length) % all.length];
  event.preventDefault();
  next?.click();
  next?.focus();
}

/** Several possibilities of which one holds; the arrow keys go from one to the next. */
export function Choices({
  label,
  className,
  children,
}: {
  label: string;
  className: string;
  children: ReactNode;
}) {
  return (
    <div role="radiogroup" aria-label={label} className={className} onKeyDown={go}>
      {children}
    </div>
  );
}

/** One of several possibilities; Tab goes to the one that holds. */
export function Choice({
  name,
  short,
  on,
  onChoose,
}: {
  name: string;
  short: string;
  on: boolean;
  onChoose: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: what belongs to the choice opens below it, which a radio cannot hold
    <button
      type="button"
      role="radio"
      aria-checked={on}
      tabIndex={on ? 0 : -1}
      onClick={onChoose}
      className="focus-inset flex w-full items-start gap-3 py-3 text-left"
    >
      <span
        aria-hidden="true"
        className={cx(
          "mt-[3px] flex size-3.5 shrink-0 items-center justify-center rounded-full border",
          on ? "border-ember" : "border-edge",
        )}
      >
        {on && <span className="size-[7px] rounded-full bg-ember" />}
      </span>
      <span className="min-w-0">
        <span className="block font-medium">{name}</span>
        <span className="block text-ink-3 text-xs [overflow-wrap:anywhere]">{short}</span>
      </span>
    </button>
  );
}

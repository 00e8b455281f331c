import { cx } from "@/lib/cx";

interface ChoiceProps<V extends string> {
  label: string;
  value: V;
  options: ReadonlyArray<{ value: V; label: string }>;
  onChange: (value: V) => void;
}

/** A few choices of which one holds; the arrow keys go from one to the next. */
export function Choice<V extends string>({ label, value, options, onChange }: ChoiceProps<V>) {
  const step = (by: number) => {
    const at = options.findIndex((option) => option.value === value);
    const next = options[(at + by + options.length) % options.length];
    if (next) onChange(next.value);
  };
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="flex shrink-0 flex-wrap gap-0.5"
      onKeyDown={(event) => {
        const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        step(by);
        const group = event.currentTarget;
        requestAnimationFrame(() => group.querySelector<HTMLElement>("[aria-checked=true]")?.focus());
      }}
    >
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: a row of buttons, of which one is pressed
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
          className={cx(
            "h-7 rounded-md px-2.5 text-xs transition-colors duration-100",
            option.value === value ? "bg-press/80 font-medium text-ink" : "text-ink-2 hover:bg-hover",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";
import { cx } from "@/lib/cx";
import { fieldLook } from "./field";

export interface Option<V extends string> {
  value: V;
  label: string;
  hint?: string;
}

interface SelectProps<V extends string> {
  id?: string;
  label?: string;
  value: V;
  options: ReadonlyArray<Option<V>>;
  onChange: (value: V) => void;
  quiet?: boolean;
  className?: string;
  disabled?: boolean;
}

export function Select<V extends string>({
  id,
  label,
  value,
  options,
  onChange,
  quiet,
  className,
  disabled,
}: SelectProps<V>) {
  return (
    <Base.Root
      items={options as Option<V>[]}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as V)}
      disabled={disabled}
    >
      <Base.Trigger
        id={id}
        aria-label={label}
        className={cx(
          "flex h-8 min-w-0 items-center justify-between gap-1.5",
          quiet
            ? "rounded-md px-2 text-ink-2 hover:bg-hover hover:text-ink data-popup-open:bg-hover"
            : fieldLook,
          className,
        )}
      >
        <span className="truncate">
          <Base.Value />
        </span>
        <Base.Icon className="shrink-0 text-ink-3">
          <ChevronsUpDown size={14} strokeWidth={1.75} aria-hidden="true" />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <Base.Popup className={overlay}>
            <Base.List className="max-h-[min(22rem,var(--available-height))] overflow-y-auto p-1">
              {options.map((option) => (
                <Base.Item key={option.value} value={option.value} className={optionLook}>
                  <Base.ItemIndicator className="absolute top-2 left-2 text-ink-2">
                    <Check size={14} strokeWidth={2} aria-hidden="true" />
                  </Base.ItemIndicator>
                  <Base.ItemText className="min-w-0 truncate">{option.label}</Base.ItemText>
                  {option.hint && <span className="block truncate text-ink-3 text-xs">{option.hint}</span>}
                </Base.Item>
              ))}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const overlay =
  "fade-in min-w-[max(11rem,var(--anchor-width))] max-w-[min(28rem,90vw)] rounded-md border border-line bg-raised shadow-overlay outline-none";
const optionLook =
  "relative block select-none rounded-sm py-1.5 pr-3 pl-7 outline-none data-highlighted:bg-pick data-highlighted:outline-none";

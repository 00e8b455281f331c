import { Combobox } from "@base-ui/react/combobox";
import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactElement } from "react";
import { AgentIcon } from "@/components/agent-icon";
import { overlay } from "@/components/select";
import { cx } from "@/lib/cx";
import type { Answerer } from "./use-agent";
import { t } from "./words";

interface AgentPickerProps {
  label: string;
  value: string | null;
  options: readonly Answerer[];
  onChange: (slug: string) => void;
  /** A button of another look; else the name of what is chosen. */
  trigger?: ReactElement;
  /** Whether the list is shown at first. */
  defaultOpen?: boolean;
}

const matches = (option: Answerer, query: string) => {
  const text = `${option.label} ${option.hint} ${option.value}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** Who answers: agents first, then models of providers; found by typing. */
export function AgentPicker({ label, value, options, onChange, trigger, defaultOpen }: AgentPickerProps) {
  const chosen = options.find((option) => option.value === value) ?? null;
  return (
    <Combobox.Root
      items={options}
      value={chosen}
      onValueChange={(next: Answerer | null) => next && onChange(next.value)}
      itemToStringLabel={(option: Answerer) => option.label}
      itemToStringValue={(option: Answerer) => option.value}
      isItemEqualToValue={(a: Answerer, b: Answerer) => a.value === b.value}
      filter={matches}
      limit={100}
      defaultOpen={defaultOpen}
      autoHighlight
    >
      <Combobox.Trigger
        render={trigger}
        aria-label={chosen ? `${label}: ${chosen.label}` : label}
        className={
          trigger
            ? undefined
            : "flex h-7 min-w-0 max-w-56 items-center gap-1.5 rounded-md px-2 text-ink-2 text-xs hover:bg-hover hover:text-ink data-popup-open:bg-hover"
        }
      >
        {trigger ? undefined : (
          <>
            {chosen?.agent && <AgentIcon icon={chosen.icon} name={chosen.label} size="small" />}
            <span className="truncate">{chosen?.label ?? label}</span>
            <ChevronsUpDown size={14} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
          </>
        )}
      </Combobox.Trigger>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} align="start" className="z-50">
          <Combobox.Popup className={cx(overlay, "w-80")} aria-label={label}>
            <Combobox.Input
              aria-label={t("findAnswerer")}
              placeholder={t("findAnswerer")}
              spellCheck={false}
              className="h-9 w-full border-line border-b bg-transparent px-3 outline-none"
            />
            <Combobox.Empty className="px-3 py-2 text-ink-3 text-xs empty:p-0">
              {t("noAnswerer")}
            </Combobox.Empty>
            <Combobox.List className="max-h-[min(20rem,var(--available-height))] scroll-py-1 overflow-y-auto p-1 empty:p-0">
              {(option: Answerer) => (
                <Combobox.Item
                  key={option.value}
                  value={option}
                  className="relative block select-none rounded-sm py-1.5 pr-3 pl-7 outline-none data-highlighted:bg-pick"
                >
                  <Combobox.ItemIndicator className="absolute top-2 left-2 text-ink-2">
                    <Check size={14} strokeWidth={2} aria-hidden="true" />
                  </Combobox.ItemIndicator>
                  <span className={cx("flex items-center gap-1.5", !option.agent && "font-mono text-xs")}>
                    {option.agent && <AgentIcon icon={option.icon} name={option.label} size="small" />}
                    <span className="truncate">{option.label}</span>
                  </span>
                  {option.hint && (
                    <span className="block truncate font-mono text-ink-3 text-xs">{option.hint}</span>
                  )}
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}

import { Autocomplete } from "@base-ui/react/autocomplete";
import { cx } from "@/lib/cx";
import { fieldLook } from "./field";
import { overlay } from "./select";
import { t } from "./words";

interface SuggestProps {
  id?: string;
  value: string;
  /** What is offered; anything else may be typed as well. */
  options: readonly string[];
  onChange: (value: string) => void;
  placeholder?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  "aria-label"?: string;
}

/** A field that knows likely values: models, mostly. */
export function Suggest({ options, value, onChange, ...rest }: SuggestProps) {
  return (
    <Autocomplete.Root items={options} value={value} onValueChange={onChange} openOnInputClick limit={60}>
      <Autocomplete.Input
        {...rest}
        spellCheck={false}
        autoCapitalize="off"
        className={cx(fieldLook, "h-8 font-mono text-xs")}
      />
      <Autocomplete.Portal>
        <Autocomplete.Positioner sideOffset={4} className="z-50">
          <Autocomplete.Popup className={overlay}>
            <Autocomplete.Empty className="px-3 py-2 text-ink-3 text-xs empty:p-0">
              {t("suggest.unknown")}
            </Autocomplete.Empty>
            <Autocomplete.List className="max-h-[min(18rem,var(--available-height))] overflow-y-auto p-1 empty:p-0">
              {(item: string) => (
                <Autocomplete.Item
                  key={item}
                  value={item}
                  className="select-none truncate rounded-sm px-2 py-1 font-mono text-xs outline-none data-highlighted:bg-pick"
                >
                  {item}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}

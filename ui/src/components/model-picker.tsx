// Choosing a model: a search over what the providers list, with what each one takes, costs and can do.

import { Autocomplete } from "@base-ui/react/autocomplete";
import { Brain, type LucideIcon, Image as Picture, Wrench } from "lucide-react";
import { useState } from "react";
import { type ModelGroup, type ModelOption, useModelGroups } from "@/api/model-options";
import { money, short } from "@/lib/format";
import { fieldLook } from "./field";
import { t } from "./model-words";
import { overlay } from "./select";

interface ModelPickerProps {
  id?: string;
  /** `provider/model`; anything may be typed, also what no provider lists. */
  value: string;
  onChange: (value: string) => void;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

const MOST = 120;

export function ModelPicker({ value, onChange, ...rest }: ModelPickerProps) {
  const groups = useModelGroups();
  // a field that was only opened shows everything, not just what it says already
  const [typed, setTyped] = useState(false);
  const words = value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (item: ModelOption) =>
    !typed || words.every((word) => item.id.toLowerCase().includes(word));
  return (
    <Autocomplete.Root<ModelGroup>
      items={groups}
      value={value}
      onValueChange={(next, details) => {
        setTyped(details.reason === "input-change");
        onChange(next);
      }}
      onOpenChange={(open) => open && setTyped(false)}
      itemToStringValue={(item) => (item as unknown as ModelOption).id}
      filter={(item) => matches(item as unknown as ModelOption)}
      openOnInputClick
      limit={MOST}
    >
      <Autocomplete.Input
        {...rest}
        spellCheck={false}
        autoCapitalize="off"
        className={`${fieldLook} h-8 font-mono text-xs`}
      />
      <Autocomplete.Portal>
        <Autocomplete.Positioner sideOffset={4} align="start" className="z-50">
          <Autocomplete.Popup className={`${overlay} w-[34rem] max-w-[92vw]!`}>
            <Autocomplete.Empty className="px-3 py-2 text-ink-3 text-xs empty:p-0">
              {t("unknown")}
            </Autocomplete.Empty>
            <Autocomplete.List className="max-h-[min(22rem,var(--available-height))] overflow-y-auto p-1 empty:p-0">
              {(group: ModelGroup) => (
                <Autocomplete.Group key={group.value} items={group.items}>
                  <Autocomplete.GroupLabel className="flex items-baseline gap-2 px-2 pt-2 pb-1 text-2xs text-ink-3">
                    <span className="font-medium text-ink-2">{group.name}</span>
                    {group.failure && <span className="truncate">{t("notAsked")}</span>}
                  </Autocomplete.GroupLabel>
                  <Autocomplete.Collection>
                    {(item: ModelOption) => <Row key={item.id} item={item} />}
                  </Autocomplete.Collection>
                </Autocomplete.Group>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}

function Row({ item }: { item: ModelOption }) {
  const { context, abilities, price } = item.model;
  return (
    <Autocomplete.Item
      value={item}
      className="flex min-h-7 select-none items-center gap-3 rounded-sm px-2 py-0.5 outline-none data-highlighted:bg-pick"
    >
      <span className="min-w-0 flex-1 truncate font-mono text-xs">{item.model.id}</span>
      <span className="flex w-14 shrink-0 gap-1 text-ink-3">
        <Ability icon={Wrench} has={abilities.tools} label={t("tools")} />
        <Ability icon={Picture} has={abilities.images} label={t("images")} />
        <Ability icon={Brain} has={abilities.reasoning} label={t("reasoning")} />
      </span>
      <span className="tnum w-12 shrink-0 text-right text-ink-3 text-xs">
        {context === null ? "" : short(context)}
      </span>
      <span className="tnum w-28 shrink-0 whitespace-nowrap text-right text-ink-2 text-xs">
        {price === null ? t("priceUnknown") : `${money(price.input)} / ${money(price.output)}`}
      </span>
    </Autocomplete.Item>
  );
}

function Ability({ icon: Icon, has, label }: { icon: LucideIcon; has: boolean | null; label: string }) {
  if (has !== true) return <span className="w-3.5" />;
  return (
    <span title={label}>
      <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
      <span className="sr-only">{label}</span>
    </span>
  );
}

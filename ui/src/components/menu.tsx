import { Menu as Base } from "@base-ui/react/menu";
import type { LucideIcon } from "lucide-react";
import type { ReactElement } from "react";
import { cx } from "@/lib/cx";
import { Keys } from "./keys";
import { overlay } from "./select";

export interface MenuEntry {
  label: string;
  icon?: LucideIcon;
  keys?: string;
  bad?: boolean;
  /** It cannot be done now; its label says why. */
  off?: boolean;
  run: () => void;
}

/** A button that opens a list of things to do. */
export function Menu({ trigger, entries }: { trigger: ReactElement; entries: ReadonlyArray<MenuEntry> }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-50">
          <Base.Popup className={cx(overlay, "min-w-44 p-1")}>
            <MenuItems entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** The entries of a menu, also of one that opens elsewhere. */
export function MenuItems({ entries }: { entries: ReadonlyArray<MenuEntry> }) {
  return entries.map(({ label, icon: Icon, keys, bad, off, run }) => (
    <Base.Item
      key={label}
      onClick={run}
      disabled={off}
      className={cx(
        "flex h-8 select-none items-center gap-2 rounded-sm px-2 outline-none data-highlighted:bg-pick",
        bad && "text-bad",
        off && "text-ink-3",
      )}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} className={bad ? "" : "text-ink-3"} aria-hidden="true" />}
      <span className="flex-1">{label}</span>
      {keys && <Keys keys={keys} />}
    </Base.Item>
  ));
}

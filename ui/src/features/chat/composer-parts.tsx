import { type ArrowUp, Columns2, Square, X } from "lucide-react";
import { Button, IconButton } from "@/components/button";
import { Keys } from "@/components/keys";
import { Tip } from "@/components/tip";
import { AgentPicker } from "./agent-picker";
import { nameOf, type useAgent } from "./use-agent";
import { t } from "./words";

/** The second one that answers, in a column of its own. */
export function Also({
  value,
  options,
  onChange,
}: {
  value: string | null;
  options: ReturnType<typeof useAgent>["options"];
  onChange: (slug: string | null) => void;
}) {
  if (options.length < 2) return null;
  if (value === null) {
    return (
      <AgentPicker
        label={t("also")}
        value={null}
        options={options}
        onChange={onChange}
        trigger={<IconButton small icon={Columns2} label={t("also")} />}
      />
    );
  }
  return (
    <span className="flex h-7 min-w-0 items-center gap-1 rounded-md bg-canvas pr-0.5 pl-2 text-xs">
      <Columns2 size={14} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
      <span className="truncate">{t("alsoIs", { name: nameOf(options, value) })}</span>
      <button
        type="button"
        aria-label={t("notAlso")}
        className="flex size-6 items-center justify-center rounded-sm text-ink-3 hover:bg-hover hover:text-ink"
        onClick={() => onChange(null)}
      >
        <X size={14} strokeWidth={1.75} aria-hidden="true" />
      </button>
    </span>
  );
}

interface RoundProps {
  icon: typeof ArrowUp;
  label: string;
  keys: string;
  off?: boolean;
  onClick: () => void;
}

export function Round({ icon: Icon, label, keys, off = false, onClick }: RoundProps) {
  return (
    <Tip text={label} keys={keys}>
      <button
        type="button"
        aria-label={label}
        aria-disabled={off}
        onClick={onClick}
        className="flex size-7 shrink-0 items-center justify-center rounded-md bg-ink text-paper hover:bg-ink-2 active:bg-ink-3 aria-disabled:bg-press aria-disabled:text-ink-3"
      >
        {Icon === Square ? (
          <Square size={12} strokeWidth={0} fill="currentColor" aria-hidden="true" />
        ) : (
          <Icon size={16} strokeWidth={2} aria-hidden="true" />
        )}
      </button>
    </Tip>
  );
}

/** Says of the message in the field that it goes by itself. */
export function Waits({ on, takeBack }: { on: boolean; takeBack: () => void }) {
  return (
    <div
      role="status"
      className={on ? "flex items-center gap-2 pt-1.5 pl-3.5 text-ink-2 text-xs" : undefined}
    >
      {on && (
        <>
          <span className="min-w-0 flex-1">{t("waits")}</span>
          <Button small look="quiet" onClick={takeBack}>
            {t("takeBack")} <Keys keys="Esc" />
          </Button>
        </>
      )}
    </div>
  );
}

import { useId } from "react";
import { Choice } from "@/components/choice";
import { fieldLook } from "@/components/field";
import { isoDay, RANGES, type Shown, type Span } from "./span";
import { t } from "./words";

interface RangeProps {
  search: Shown;
  span: Span;
  onChange: (part: Partial<Shown>) => void;
}

/** Which days are shown; the two days of a custom span belong to it. */
export function RangeChoice({ search, span, onChange }: RangeProps) {
  const { range = "30d" } = search;
  const [from, to] = [isoDay(span.since), isoDay(span.last)];
  return (
    <div className="-ml-2.5 mb-4 flex min-h-8 flex-wrap items-center gap-x-4 gap-y-1">
      <Choice
        label={t("range")}
        value={range}
        options={RANGES.map((value) => ({ value, label: t(`ranges.${value}`) }))}
        // a custom span begins as what was shown before
        onChange={(next) =>
          onChange(
            next === "custom" ? { range: next, from, to } : { range: next, from: undefined, to: undefined },
          )
        }
      />
      {range === "custom" && (
        <>
          <Day label={t("from")} value={from} onChange={(day) => onChange({ from: day })} />
          <Day label={t("to")} value={to} onChange={(day) => onChange({ to: day })} />
        </>
      )}
      <span className="text-ink-3 text-xs">{t("utc")}</span>
    </div>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  const id = useId();
  return (
    <span className="flex items-center gap-1.5 text-xs">
      <label htmlFor={id} className="text-ink-2">
        {label}
      </label>
      <input
        id={id}
        type="date"
        className={`${fieldLook} h-7 w-auto text-xs`}
        value={value}
        onChange={(event) => event.target.value !== "" && onChange(event.target.value)}
      />
    </span>
  );
}

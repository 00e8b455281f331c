import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Field, Input } from "@/components/field";
import { group } from "@/lib/format";
import type { Fault } from "./form";
import { t } from "./words";

export function Wrong({ fault }: { fault: Fault | undefined }) {
  if (fault === undefined) return null;
  return (
    <p role="alert" className="mt-0.5 text-bad text-xs">
      {t(`form.bad.${fault}`)}
    </p>
  );
}

/** A number that may be left out. */
export function Limit({
  label,
  value,
  fault,
  decimal,
  onChange,
}: {
  label: string;
  value: string;
  fault: Fault | undefined;
  decimal?: boolean;
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label} error={fault ? t(`form.bad.${fault}`) : null}>
      {(ids) => (
        <Input
          {...ids}
          inputMode={decimal ? "decimal" : "numeric"}
          className="tnum"
          placeholder={t("form.noLimit")}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** What few need: closed, with how much of it is set. It opens by itself when something in it is wrong. */
export function Group({
  title,
  set,
  wrong,
  children,
}: {
  title: string;
  set: number;
  wrong: boolean;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <details
      open={open || wrong}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="group border-line border-t"
    >
      <summary className="focus-inset flex h-10 cursor-default select-none list-none items-center gap-1.5 font-medium [&::-webkit-details-marker]:hidden">
        <ChevronRight
          size={16}
          strokeWidth={1.75}
          className="text-ink-3 group-open:rotate-90"
          aria-hidden="true"
        />
        {title}
        {set > 0 && (
          <span className="font-normal text-ink-3 text-xs">
            {t("form.set", { count: set, n: group(set) })}
          </span>
        )}
      </summary>
      <div className="flex flex-col gap-4 pt-1 pb-4 pl-5.5">{children}</div>
    </details>
  );
}

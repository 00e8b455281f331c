import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";
import { t } from "./words";

interface FieldProps {
  label: string;
  /** What it is for, when the label does not say all. */
  hint?: ReactNode;
  error?: string | null;
  optional?: boolean;
  className?: string;
  children: (ids: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": true | undefined;
  }) => ReactNode;
}

/** A label, a control, and under it a hint or what is wrong with it. */
export function Field({ label, hint, error, optional, className, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cx("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="flex items-baseline gap-1.5 font-medium">
        {label}
        {optional && <span className="font-normal text-ink-3 text-xs">{t("field.optional")}</span>}
      </label>
      {children({
        id,
        "aria-describedby": note ? `${id}-note` : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {note && (
        <p
          id={`${id}-note`}
          role={error ? "alert" : undefined}
          className={cx("text-pretty text-xs", error ? "text-bad" : "text-ink-3")}
        >
          {note}
        </p>
      )}
    </div>
  );
}

export const fieldLook =
  "w-full rounded-md border border-edge bg-raised px-2.5 text-sm text-ink transition-colors duration-100 hover:border-ink-3 focus-visible:outline-offset-0 aria-invalid:border-bad disabled:bg-canvas disabled:text-ink-3";

/** What nobody writes prose in: no correction, no capital letters. */
const literal = {
  spellCheck: false,
  autoCapitalize: "off",
  autoCorrect: "off",
  autoComplete: "off",
} as const;

export function Input({ mono, className, ...rest }: ComponentProps<"input"> & { mono?: boolean }) {
  return (
    <input
      type="text"
      {...literal}
      {...rest}
      className={cx(fieldLook, "h-8", mono && "font-mono", className)}
    />
  );
}

export function Area({ mono, className, ...rest }: ComponentProps<"textarea"> & { mono?: boolean }) {
  return (
    <textarea
      {...rest}
      className={cx(fieldLook, "block resize-y py-1.5 leading-5", mono && "font-mono", className)}
    />
  );
}

export function Check({
  label,
  hint,
  ...rest
}: Omit<ComponentProps<"input">, "type"> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className="flex gap-2">
      <input type="checkbox" id={id} {...rest} className="check mt-0.5" />
      <label htmlFor={id} className="min-w-0 [overflow-wrap:anywhere]">
        {label}
        {hint && <span className="block text-ink-3 text-xs">{hint}</span>}
      </label>
    </div>
  );
}

import { Lock, LockOpen } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/button";
import { Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import type { Faults, Fields } from "./draft";
import { t } from "./words";

interface LimitsProps {
  fields: Fields;
  faults: Faults;
  set: <K extends keyof Fields>(key: K, value: Fields[K]) => void;
}

const EFFORTS = ["", "none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Parameters, each of which may be locked, and the budget. */
export function Limits({ fields, faults, set }: LimitsProps) {
  const lock = (name: string) => {
    const locked = new Set(fields.locked);
    if (!locked.delete(name)) locked.add(name);
    set("locked", locked);
  };
  const row = (name: string, control: ReactNode) => (
    <div className="flex gap-0.5">
      <div className="min-w-0 flex-1">{control}</div>
      <IconButton
        icon={fields.locked.has(name) ? Lock : LockOpen}
        label={fields.locked.has(name) ? t("lockedHint") : "Lock, so that a program cannot change it"}
        aria-pressed={fields.locked.has(name)}
        className={fields.locked.has(name) ? "text-ink!" : "opacity-60"}
        onClick={() => lock(name)}
      />
    </div>
  );
  return (
    <div className="grid grid-cols-2 gap-4">
      <Field label={t("temperature")} optional error={faults.temperature} hint={t("temperatureHint")}>
        {(ids) =>
          row(
            "temperature",
            <Input
              {...ids}
              inputMode="decimal"
              value={fields.temperature}
              onChange={(event) => set("temperature", event.target.value)}
            />,
          )
        }
      </Field>
      <Field label={t("topP")} optional error={faults.topP} hint={t("topPHint")}>
        {(ids) =>
          row(
            "top_p",
            <Input
              {...ids}
              inputMode="decimal"
              value={fields.topP}
              onChange={(event) => set("topP", event.target.value)}
            />,
          )
        }
      </Field>
      <Field label={t("maxOutput")} optional error={faults.maxOutput}>
        {(ids) =>
          row(
            "max_output_tokens",
            <Input
              {...ids}
              inputMode="numeric"
              value={fields.maxOutput}
              onChange={(event) => set("maxOutput", event.target.value)}
            />,
          )
        }
      </Field>
      <Field label={t("effort")} optional>
        {({ id }) =>
          row(
            "reasoning_effort",
            <Select
              id={id}
              value={fields.effort}
              onChange={(value) => set("effort", value)}
              options={EFFORTS.map((value) => ({ value, label: value || "Model default" }))}
            />,
          )
        }
      </Field>
      <Field label={`${t("budget")}, in dollars`} optional error={faults.cap}>
        {(ids) => (
          <Input
            {...ids}
            inputMode="decimal"
            placeholder="No limit"
            value={fields.cap}
            onChange={(event) => set("cap", event.target.value)}
          />
        )}
      </Field>
      <Field label={t("per")}>
        {({ id }) => (
          <Select
            id={id}
            value={fields.per}
            disabled={fields.cap.trim() === ""}
            onChange={(value) => set("per", value)}
            options={[
              { value: "day", label: "Day" },
              { value: "week", label: "Week" },
              { value: "month", label: "Month" },
              { value: "total", label: "Total" },
            ]}
          />
        )}
      </Field>
    </div>
  );
}

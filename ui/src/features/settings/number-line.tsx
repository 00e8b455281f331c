import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { Input } from "@/components/field";
import { Line } from "./part";
import { t } from "./words";

interface NumberLineProps {
  label: string;
  hint: ReactNode;
  /** What is said of a text that does not fit. */
  badHint: string;
  /** The number that holds; `null` shows an empty field. */
  value: number | null;
  /** Reads a text; `undefined` when it does not fit. */
  read: (text: string) => number | undefined;
  onSave: (value: number) => void;
  placeholder?: string;
  write?: (value: number) => string;
}

/** A number that is typed and then saved, by Enter or by the button that appears. */
export function NumberLine(props: NumberLineProps) {
  const { label, hint, badHint, value, read, onSave, placeholder, write = String } = props;
  const shown = value === null ? "" : write(value);
  const [text, setText] = useState(shown);
  const typed = read(text.trim());
  const changed = text.trim() !== shown;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (typed !== undefined && changed) onSave(typed);
      }}
    >
      <Line label={label} hint={typed === undefined ? badHint : hint} bad={typed === undefined}>
        {typed !== undefined && changed && (
          <Button look="main" type="submit">
            {t("save")}
          </Button>
        )}
        <Input
          aria-label={label}
          aria-invalid={typed === undefined ? true : undefined}
          inputMode="decimal"
          placeholder={placeholder}
          className="tnum w-28! text-right"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && changed && setText(shown)}
        />
      </Line>
    </form>
  );
}

/** Reads a whole number between two; an empty text is `empty`. */
export const whole =
  (low: number, high: number, empty?: number) =>
  (text: string): number | undefined => {
    if (text === "") return empty;
    const n = Number(text);
    return /^\d{1,9}$/.test(text) && n >= low && n <= high ? n : undefined;
  };

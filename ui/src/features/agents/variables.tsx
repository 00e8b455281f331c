import type { RefObject } from "react";
import { t } from "./words";

/** What the app fills in when the agent is asked; the same set as in its `turn/variables.rs`. */
const KNOWN = ["date", "time_zone", "system", "agent", "caller"] as const;

const written = (name: string) => `{{${name}}}`;

/** What looks like one of them and is none: it is sent as it stands. */
export function unknownIn(text: string): string | null {
  for (const [whole, name] of text.matchAll(/(?<!\\)\{\{\s*([a-z_]{1,40})\s*\}\}/gi)) {
    if (!KNOWN.some((known) => known === name)) return whole;
  }
  return null;
}

/** Buttons that put a variable where the cursor stands. */
export function Variables({ into }: { into: RefObject<HTMLTextAreaElement | null> }) {
  const insert = (name: string) => {
    const area = into.current;
    if (area === null) return;
    area.focus();
    // deprecated, and the one way that leaves undo as it was
    document.execCommand("insertText", false, written(name));
  };
  return (
    <fieldset className="flex flex-wrap items-center gap-x-1 gap-y-0.5 text-xs">
      <legend className="float-start me-1 text-ink-3">{t("variables.title")}</legend>
      {KNOWN.map((name) => (
        <button
          key={name}
          type="button"
          className="cursor-pointer rounded px-1 py-0.5 font-mono text-ink-2 hover:bg-hover hover:text-ink"
          title={t(`variables.${name}`)}
          onClick={() => insert(name)}
        >
          {written(name)}
        </button>
      ))}
    </fieldset>
  );
}

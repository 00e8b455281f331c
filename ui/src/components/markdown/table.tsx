import { type ComponentProps, useRef } from "react";
import { CopyIcon } from "../copy";
import { t } from "./words";

/** The cells as a spreadsheet takes them: tabs between cells, line breaks between rows. */
function cellsOf(table: HTMLTableElement | null): string {
  const rows = [...(table?.rows ?? [])].map((row) =>
    [...row.cells].map((cell) => (cell.textContent ?? "").replaceAll(/\s+/gu, " ").trim()).join("\t"),
  );
  return rows.join("\n");
}

/** A table that scrolls by itself, and can be copied into a spreadsheet. */
export function Table({ children }: ComponentProps<"table">) {
  const table = useRef<HTMLTableElement>(null);
  return (
    <div className="group/table relative">
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="table focus-inset"
      >
        <table ref={table}>{children}</table>
      </div>
      <span className="absolute top-0 right-0 rounded-md bg-paper opacity-0 transition-opacity duration-100 focus-within:opacity-100 group-hover/table:opacity-100">
        <CopyIcon text={() => cellsOf(table.current)} label={t("copyTable")} />
      </span>
    </div>
  );
}

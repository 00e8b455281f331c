import type { ReactNode } from "react";
import { cx } from "@/lib/cx";
import { ScrollBox } from "./scroll-box";

export interface Column {
  head: ReactNode;
  /** Stands at the right, where figures can be compared. */
  figure?: boolean;
  /** Says less than its neighbours. */
  quiet?: boolean;
  /** Width, and what else only this column has. */
  className?: string;
}

export interface TableRow {
  key: string | number;
  /** As many as there are columns; the first one names the row. */
  cells: readonly ReactNode[];
  /** A sum: it has a hairline above it, and weight. */
  sum?: boolean;
}

interface TableProps {
  /** For screen readers: the page says it by a title of its own. */
  caption: string;
  columns: readonly Column[];
  rows: readonly TableRow[];
  /** Of `plain` rows there are so few that they need no hairlines. */
  look?: "rows" | "dense" | "plain";
  /** The heads are for screen readers alone. */
  noHeads?: boolean;
  /** Can be wider than the page, and then scrolls by itself. */
  wide?: boolean;
  className?: string;
  testId?: string;
}

const LOOKS = { rows: "py-1.5", dense: "py-1", plain: "py-0.5" };

const at = (column: Column | undefined, place: number) =>
  cx(place > 0 && "pl-3", column?.figure ? "text-right" : "text-left");

/** Figures in rows, and what they are of. */
export function Table(props: TableProps) {
  const { caption, columns, rows, look = "rows", noHeads, wide, className, testId } = props;
  const table = (
    <table className={cx("tnum w-full", className)} data-testid={testId}>
      <caption className="sr-only">{caption}</caption>
      <thead className={noHeads ? "sr-only" : "text-2xs text-ink-3"}>
        <tr>
          {columns.map((column, place) => (
            <th
              // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their order
              key={place}
              scope="col"
              className={cx(at(column, place), LOOKS[look], "font-normal", column.className)}
            >
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells, sum }) => (
          <tr key={key} className={cx((sum || look !== "plain") && "border-line border-t")}>
            {cells.map((cell, place) => {
              const column = columns[place];
              const Cell = place === 0 ? "th" : "td";
              return (
                <Cell
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their order
                  key={place}
                  scope={place === 0 ? "row" : undefined}
                  className={cx(
                    at(column, place),
                    column?.figure && "whitespace-nowrap",
                    LOOKS[look],
                    sum ? "font-medium" : "font-normal",
                    column?.quiet && !sum && "text-ink-2",
                    column?.className,
                  )}
                >
                  {cell}
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return wide ? <ScrollBox name={caption}>{table}</ScrollBox> : table;
}

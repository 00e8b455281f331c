import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { UsageBy, UsageRow } from "@/api/generated/types";
import { usage } from "@/api/queries";
import { Loaded, Page } from "@/components/page";
import { cx } from "@/lib/cx";
import { group, moneySum, short } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { Calls } from "./calls";
import { Days } from "./days";
import { t } from "./words";

const SPANS = ["week", "month", "ever"] as const;
type Span = (typeof SPANS)[number];
const DAY = 86_400_000;

/** From when, at the start of a day in UTC, so that the question stays the same all day. */
function since(span: Span, now: number): number | null {
  if (span === "ever") return null;
  return Math.floor(now / DAY) * DAY - (span === "week" ? 6 : 29) * DAY;
}

export function UsageScreen() {
  const [span, setSpan] = useState<Span>("month");
  const [by, setBy] = useState<Exclude<UsageBy, "day" | "provider">>("agent");
  const now = useNow(3_600_000);
  const from = since(span, now);
  const days = useQuery(usage("day", from));
  const groups = useQuery(usage(by, from));
  return (
    <Page
      title={t("title")}
      width="full"
      actions={
        <Choice
          label="Span"
          value={span}
          options={named(SPANS, (span) => t(`spans.${span}`))}
          onChange={setSpan}
        />
      }
    >
      <Loaded query={days} rows={1}>
        {(summary) => (
          <>
            <Totals total={summary.total} />
            {summary.total.calls > 0 && <Days rows={summary.rows} from={from} to={now} />}
          </>
        )}
      </Loaded>
      {(groups.data?.rows.length ?? 0) > 0 && (
        <section className="mt-8">
          <Choice
            label="Grouped by"
            value={by}
            options={{ agent: t("by.agent"), model: t("by.model"), key: t("by.key") }}
            onChange={setBy}
          />
          <Groups rows={groups.data?.rows ?? []} mono={by !== "key"} />
        </section>
      )}
      <Calls />
    </Page>
  );
}

const named = <K extends string>(keys: readonly K[], name: (key: K) => string) =>
  Object.fromEntries(keys.map((key) => [key, name(key)])) as Record<K, string>;

/** A few choices of which one holds. */
function Choice<V extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: V;
  options: Record<V, string>;
  onChange: (value: V) => void;
}) {
  return (
    <div role="radiogroup" aria-label={label} className="flex gap-0.5">
      {(Object.entries(options) as Array<[V, string]>).map(([key, name]) => (
        // biome-ignore lint/a11y/useSemanticElements: a row of buttons, of which one is pressed
        <button
          key={key}
          type="button"
          role="radio"
          aria-checked={key === value}
          onClick={() => onChange(key)}
          className={cx(
            "h-7 rounded-md px-2.5 text-xs transition-colors duration-100",
            key === value ? "bg-press/80 font-medium text-ink" : "text-ink-2 hover:bg-hover",
          )}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

function Totals({ total }: { total: UsageRow }) {
  const cells: Array<[string, string, string | null]> = [
    [
      t("spent"),
      total.cost === 0 && total.unknown_cost > 0 ? "unknown" : moneySum(total.cost),
      total.unknown_cost > 0 ? t("unknown", { count: total.unknown_cost }) : null,
    ],
    [
      t("input"),
      short(total.usage.input),
      total.usage.cached_input > 0 ? `${short(total.usage.cached_input)} ${t("cached")}` : null,
    ],
    [
      t("output"),
      short(total.usage.output),
      total.usage.reasoning > 0 ? `${short(total.usage.reasoning)} reasoning` : null,
    ],
    [t("calls"), group(total.calls), total.failed > 0 ? t("failed", { count: total.failed }) : null],
  ];
  return (
    <dl className="grid grid-cols-4 border-line border-y py-3.5" data-testid="totals">
      {cells.map(([name, value, note]) => (
        <div key={name} className="border-line border-l pl-5 first:border-l-0 first:pl-0">
          <dt className="text-ink-3 text-xs">{name}</dt>
          <dd className="tnum font-semibold text-xl tracking-[-0.01em]">{value}</dd>
          <dd className="h-4.5 text-ink-3 text-xs">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function Groups({ rows, mono }: { rows: readonly UsageRow[]; mono: boolean }) {
  return (
    <table className="mt-2 w-full">
      <thead className="text-2xs text-ink-3">
        <tr>
          <th className="py-1 text-left font-normal">Name</th>
          <th className="py-1 text-right font-normal">{t("calls")}</th>
          <th className="py-1 text-right font-normal">{t("input")}</th>
          <th className="py-1 text-right font-normal">{t("output")}</th>
          <th className="py-1 text-right font-normal">{t("spent")}</th>
        </tr>
      </thead>
      <tbody className="tnum">
        {rows.map((row) => (
          <tr key={row.group} className="border-line border-t">
            <td
              className={cx("max-w-0 truncate py-1.5 pr-3", mono && "font-mono text-xs")}
              style={{ width: "40%" }}
            >
              {row.group}
            </td>
            <td className="py-1.5 text-right">{group(row.calls)}</td>
            <td className="py-1.5 text-right">{short(row.usage.input)}</td>
            <td className="py-1.5 text-right">{short(row.usage.output)}</td>
            <td className="py-1.5 text-right">
              {row.unknown_cost > 0 && row.cost === 0 ? (
                <span className="text-ink-3">unknown</span>
              ) : (
                moneySum(row.cost)
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import { useQuery } from "@tanstack/react-query";
import { usageReport } from "@/api/calls";
import { Loaded } from "@/components/page";
import { cost, dayName, group } from "@/lib/format";
import type { Span } from "./span";
import { t } from "./words";

/** The days as a table, the newest first: what the chart shows, to the last token. */
export function DayTable({ span }: { span: Span }) {
  const query = useQuery(usageReport("day", span.since, span.until));
  return (
    <Loaded query={query}>
      {(report) => (
        <table className="tnum w-full max-w-[46rem]" data-testid="days">
          <caption className="sr-only">{t("days")}</caption>
          <thead className="text-2xs text-ink-3">
            <tr>
              <th scope="col" className="py-1 text-left font-normal">
                {t("day")}
              </th>
              {(["calls", "failed", "input", "output", "spent"] as const).map((head) => (
                <th key={head} scope="col" className="py-1 pl-3 text-right font-normal">
                  {t(`heads.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.groups.toReversed().map((row) => (
              <tr key={row.group} className="border-line border-t">
                <th scope="row" className="py-1.5 text-left font-normal">
                  {dayName(row.group)}
                </th>
                <td className="py-1.5 pl-3 text-right">{group(row.calls)}</td>
                <td className="py-1.5 pl-3 text-right">{row.failed === 0 ? "" : group(row.failed)}</td>
                <td className="py-1.5 pl-3 text-right">{group(row.usage.input)}</td>
                <td className="py-1.5 pl-3 text-right">{group(row.usage.output)}</td>
                <td className="py-1.5 pl-3 text-right">{cost(row.cost, row.unknown_cost)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Loaded>
  );
}

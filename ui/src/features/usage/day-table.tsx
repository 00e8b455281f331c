import { useQuery } from "@tanstack/react-query";
import { usageReport } from "@/api/calls";
import { Loaded } from "@/components/page";
import { Table } from "@/components/table";
import { cost, dayName, group } from "@/lib/format";
import type { Span } from "./span";
import { t } from "./words";

/** The days as a table, the newest first: what the chart shows, to the last token. */
export function DayTable({ span }: { span: Span }) {
  const query = useQuery(usageReport("day", span.since, span.until));
  return (
    <Loaded query={query}>
      {(report) => (
        <Table
          wide
          testId="days"
          caption={t("days")}
          columns={[
            { head: t("day") },
            ...(["calls", "failed", "input", "output", "spent"] as const).map((head) => ({
              head: t(`heads.${head}`),
              figure: true,
            })),
          ]}
          rows={report.groups.toReversed().map((row) => ({
            key: row.group,
            cells: [
              dayName(row.group),
              group(row.calls),
              row.failed === 0 ? "" : group(row.failed),
              group(row.usage.input),
              group(row.usage.output),
              cost(row.cost, row.unknown_cost),
            ],
          }))}
        />
      )}
    </Loaded>
  );
}

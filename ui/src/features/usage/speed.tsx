import { Link } from "@tanstack/react-router";
import type { QuantilesView, UsageReport } from "@/api/generated/types";
import { Section } from "@/components/page";
import { Table } from "@/components/table";
import { failureName } from "@/features/activity/failures";
import { decimal, exactly, group } from "@/lib/format";
import { t } from "./words";

/** How fast answers were, and in which ways calls failed. */
export function Speed({ report }: { report: UsageReport }) {
  const { speed, failures } = report;
  const rows: Array<[string, QuantilesView | null, (value: number) => string]> = [
    [t("speed.first"), speed.first_token_ms, exactly],
    [t("speed.total"), speed.total_ms, exactly],
    [t("speed.tokens"), speed.tokens_per_second, decimal],
  ];
  return (
    <div className="mt-9 grid gap-x-12 gap-y-9 lg:grid-cols-2">
      <div>
        <Section title={t("speed.title")} id="speed">
          <Table
            testId="speed"
            caption={t("speed.title")}
            columns={[
              { head: t("speed.what") },
              { head: t("speed.half"), figure: true },
              { head: t("speed.most"), figure: true },
            ]}
            rows={rows.map(([name, found, show]) => ({
              key: name,
              cells: [name, found ? show(found.p50) : "–", found ? show(found.p95) : "–"],
            }))}
          />
        </Section>
      </div>
      <div>
        <Section title={t("failures.title")} id="failures">
          {failures.length === 0 ? (
            <p className="text-ink-2">{t("failures.none")}</p>
          ) : (
            <Table
              testId="failures"
              caption={t("failures.title")}
              columns={[{ head: t("failures.kind") }, { head: t("failures.count"), figure: true }]}
              rows={failures.map(({ kind, count }) => ({
                key: kind,
                cells: [
                  <Link
                    key={kind}
                    to="/activity"
                    search={{ outcome: "failed" }}
                    className="rounded-sm underline decoration-line underline-offset-2 hover:decoration-ink-3"
                  >
                    {failureName(kind)}
                  </Link>,
                  group(count),
                ],
              }))}
            />
          )}
        </Section>
      </div>
    </div>
  );
}

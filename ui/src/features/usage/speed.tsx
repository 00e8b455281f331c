import { Link } from "@tanstack/react-router";
import type { QuantilesView, UsageReport } from "@/api/generated/types";
import { Section } from "@/components/page";
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
          <table className="tnum w-full" data-testid="speed">
            <caption className="sr-only">{t("speed.title")}</caption>
            <thead className="text-2xs text-ink-3">
              <tr>
                <th scope="col" className="py-1 text-left font-normal">
                  {t("speed.what")}
                </th>
                <th scope="col" className="py-1 text-right font-normal">
                  {t("speed.half")}
                </th>
                <th scope="col" className="py-1 text-right font-normal">
                  {t("speed.most")}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(([name, found, show]) => (
                <tr key={name} className="border-line border-t">
                  <th scope="row" className="py-1.5 text-left font-normal">
                    {name}
                  </th>
                  <td className="py-1.5 text-right">{found ? show(found.p50) : "–"}</td>
                  <td className="py-1.5 text-right">{found ? show(found.p95) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Section>
      </div>
      <div>
        <Section title={t("failures.title")} id="failures">
          {failures.length === 0 ? (
            <p className="text-ink-2">{t("failures.none")}</p>
          ) : (
            <table className="tnum w-full" data-testid="failures">
              <caption className="sr-only">{t("failures.title")}</caption>
              <thead className="text-2xs text-ink-3">
                <tr>
                  <th scope="col" className="py-1 text-left font-normal">
                    {t("failures.kind")}
                  </th>
                  <th scope="col" className="py-1 text-right font-normal">
                    {t("failures.count")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {failures.map(({ kind, count }) => (
                  <tr key={kind} className="border-line border-t">
                    <th scope="row" className="py-1.5 text-left font-normal">
                      <Link
                        to="/activity"
                        search={{ outcome: "failed" }}
                        className="rounded-sm underline decoration-line underline-offset-2 hover:decoration-ink-3"
                      >
                        {failureName(kind)}
                      </Link>
                    </th>
                    <td className="py-1.5 text-right">{group(count)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Section>
      </div>
    </div>
  );
}

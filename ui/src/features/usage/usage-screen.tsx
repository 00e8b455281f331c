import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useState } from "react";
import { usageReport } from "@/api/calls";
import type { UsageRow } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Menu } from "@/components/menu";
import { Empty, Loaded, Page } from "@/components/page";
import { sayFailure, saySo } from "@/components/toasts";
import { group, moneySum, short } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { failed } from "@/platform";
import { Budgets } from "./budgets";
import { Chart } from "./chart";
import { DayTable } from "./day-table";
import { exportUsage } from "./export";
import { Groups } from "./groups";
import { RangeChoice } from "./range";
import { type By, boundsOf, daysOf, GROUPS, MEASURES, type Shown, type Span } from "./span";
import { Speed } from "./speed";
import { t } from "./words";

/** What everything cost and how it went, from one state of the ledger. */
export function UsageScreen({ search }: { search: Shown }) {
  const navigate = useNavigate();
  const { by = "agent", measure = "cost" } = search;
  const now = useNow(60_000);
  const span = boundsOf(search, now);
  const query = useQuery(usageReport(by, span.since, span.until));
  const [asTable, setAsTable] = useState(false);
  const show = (part: Partial<Shown>) =>
    navigate({ to: "/usage", search: { ...search, ...part }, replace: true });
  return (
    <Page title={t("title")} width="full" actions={<Export by={by} span={span} />}>
      <RangeChoice search={search} span={span} onChange={show} />
      <Loaded query={query} rows={3}>
        {(report) => (
          <>
            <Totals total={report.total} />
            {report.total.calls === 0 && report.failures.length === 0 ? (
              <div className="-mt-px">
                <Empty title={t("none")}>{t("noneText")}</Empty>
              </div>
            ) : (
              <>
                <div className="-mx-2.5 mt-6 mb-3 flex flex-wrap items-center justify-between gap-x-6 gap-y-1">
                  <Choice
                    label={t("groupedBy")}
                    value={by}
                    options={GROUPS.map((value) => ({ value, label: t(`by.${value}`) }))}
                    onChange={(by) => show({ by })}
                  />
                  <div className="flex flex-wrap gap-x-4">
                    {!asTable && (
                      <Choice
                        label={t("measure")}
                        value={measure}
                        options={MEASURES.map((value) => ({ value, label: t(`measures.${value}`) }))}
                        onChange={(measure) => show({ measure })}
                      />
                    )}
                    <Choice
                      label={t("shownAs")}
                      value={asTable ? "table" : "chart"}
                      options={[
                        { value: "chart", label: t("asChart") },
                        { value: "table", label: t("asTable") },
                      ]}
                      onChange={(as) => setAsTable(as === "table")}
                    />
                  </div>
                </div>
                {asTable ? (
                  <DayTable span={span} />
                ) : (
                  <Chart report={report} days={daysOf(span)} by={by} measure={measure} />
                )}
                <Groups groups={report.groups} by={by} />
                <Speed report={report} />
              </>
            )}
          </>
        )}
      </Loaded>
      <div className="mt-9">
        <Budgets />
      </div>
    </Page>
  );
}

function Export({ by, span }: { by: By; span: Span }) {
  const [busy, setBusy] = useState(false);
  const save = async (what: By | null) => {
    setBusy(true);
    try {
      const path = await exportUsage(what, span);
      saySo(path === null ? t("export.done") : t("export.doneAt", { path }));
    } catch (error) {
      sayFailure(failed(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu
      trigger={
        <Button icon={Download} busy={busy}>
          {t("export.title")}
        </Button>
      }
      entries={[
        { label: t("export.sums", { by: t(`by.${by}`) }), run: () => void save(by) },
        { label: t("export.ledger"), run: () => void save(null) },
      ]}
    />
  );
}

function Totals({ total }: { total: UsageRow }) {
  const cells: Array<[string, string, string | null]> = [
    [
      t("heads.spent"),
      total.cost === 0 && total.unknown_cost > 0 ? t("unknownSum") : moneySum(total.cost),
      total.unknown_cost > 0 ? t("unknown", { count: total.unknown_cost }) : null,
    ],
    [
      t("heads.input"),
      short(total.usage.input),
      total.usage.cached_input > 0 ? t("cached", { n: short(total.usage.cached_input) }) : null,
    ],
    [
      t("heads.output"),
      short(total.usage.output),
      total.usage.reasoning > 0 ? t("reasoning", { n: short(total.usage.reasoning) }) : null,
    ],
    [t("heads.calls"), group(total.calls), total.failed > 0 ? t("failed", { count: total.failed }) : null],
  ];
  return (
    <dl className="grid grid-cols-4 border-line border-y py-3.5" data-testid="totals">
      {cells.map(([name, value, note]) => (
        <div key={name} className="border-line border-l pl-5 first:border-l-0 first:pl-0">
          <dt className="text-ink-3 text-xs">{name}</dt>
          <dd className="tnum font-semibold text-xl tracking-[-0.01em]">{value}</dd>
          <dd className="min-h-4.5 pr-3 text-ink-3 text-xs">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

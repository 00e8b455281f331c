import type { CallView, Entry, Price } from "@/api/generated/types";
import { FailureNote } from "@/components/failure";
import { Section } from "@/components/page";
import { Table } from "@/components/table";
import { date, exactly, group, money } from "@/lib/format";
import { OutcomeWord } from "./row-words";
import { t } from "./words";

/** Each try at a provider: how it ended, and what it cost by which price. */
export function Attempts({ view }: { view: CallView }) {
  if (view.entries.length === 0) return null;
  return (
    <Section title={t("sections.attempts")} id="attempts">
      <div data-testid="attempts">
        {view.entries.map((entry) => (
          <Attempt key={entry.id} entry={entry} said={view.entries.length === 1} />
        ))}
      </div>
    </Section>
  );
}

/** `said`: its failure is the call's, which stands above already. */
function Attempt({ entry, said }: { entry: Entry; said: boolean }) {
  return (
    <div className="tnum border-line border-t py-2.5 last:border-b">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <span className="w-4 text-ink-3">{entry.number}</span>
        <span className="font-mono text-xs">{String(entry.target)}</span>
        <OutcomeWord outcome={entry.outcome} />
        {entry.upstream_status !== null && (
          <span className="text-ink-2">{t("status", { status: entry.upstream_status })}</span>
        )}
        <span className="text-ink-3">{exactly(entry.timings.total_us / 1000)}</span>
        {entry.upstream_request_id && (
          <span className="selectable font-mono text-ink-3 text-xs">{entry.upstream_request_id}</span>
        )}
      </div>
      {entry.failure !== null && !said && (
        <div className="mt-2 ml-8">
          <FailureNote failure={{ message: entry.failure, hint: null }} />
        </div>
      )}
      <Cost entry={entry} />
    </div>
  );
}

/** The reckoning: tokens by their price, and where both come from. */
function Cost({ entry }: { entry: Entry }) {
  const { usage, price } = entry;
  if (usage === null) return null;
  const plain = usage.input - usage.cached_input - usage.cache_write;
  const rows: Array<[string, number, number | undefined]> = [
    [t("cost.input"), plain, price?.input],
    [t("cost.cached"), usage.cached_input, price?.cached_input],
    [t("cost.written"), usage.cache_write, price?.cache_write],
    [t("cost.output"), usage.output, price?.output],
  ];
  return (
    <div className="mt-2 ml-8 max-w-[34rem]">
      <Table
        look="plain"
        caption={t("cost.title")}
        columns={[
          { head: t("cost.kind"), quiet: true },
          { head: t("cost.tokens"), figure: true },
          { head: t("cost.per"), figure: true, quiet: true },
        ]}
        rows={[
          ...rows
            .filter(([, tokens], at) => tokens > 0 || at === 0 || at === 3)
            .map(([name, tokens, each]) => ({
              key: name,
              cells: [name, group(tokens), each === undefined ? t("unknown") : money(each)],
            })),
          {
            key: "sum",
            sum: true,
            cells: [t("figures.cost"), "", entry.cost === null ? t("unknown") : money(entry.cost)],
          },
        ]}
      />
      <p className="text-ink-3 text-xs">
        {t(`confidence.${entry.confidence}`)}
        {price !== null && ` · ${origin(price)}`}
        {entry.cost === null &&
          entry.reserved !== null &&
          ` · ${t("cost.reserved", { sum: money(entry.reserved) })}`}
      </p>
    </div>
  );
}

/** Whose price it is. Published prices of a catalogue have no day of their own. */
function origin(price: Price): string {
  if (price.origin === "user") return t("cost.own", { date: date(price.as_of) });
  return price.as_of > 0 ? t("cost.publishedOn", { date: date(price.as_of) }) : t("cost.published");
}

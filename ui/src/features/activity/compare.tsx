import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { X } from "lucide-react";
import { call } from "@/api/calls";
import type { CallView, Replayed } from "@/api/generated/types";
import { client } from "@/api/queries";
import { IconButton } from "@/components/button";
import { DiffView } from "@/components/diff-view";
import { Loaded, Section } from "@/components/page";
import { Table } from "@/components/table";
import { decimal, exactly, group, moment, money } from "@/lib/format";
import { answerer } from "./row-words";
import { answerOf } from "./spoken";
import { t } from "./words";

/** This call beside another one: what it took, and what is different in the answers. */
export function Compare({ view, other }: { view: CallView; other: string }) {
  const query = useQuery(call(other));
  const navigate = useNavigate();
  return (
    <Section
      title={t("compareWith")}
      id="compare"
      actions={
        <IconButton
          small
          icon={X}
          label={t("compareEnd")}
          onClick={() => navigate({ to: "/activity/$call", params: { call: view.id }, replace: true })}
        />
      }
    >
      <Loaded query={query}>{(before) => <Both before={before} after={view} />}</Loaded>
    </Section>
  );
}

const changed = (by: number, show: (value: number) => string): string =>
  by === 0 ? "=" : `${by > 0 ? "+" : "−"}${show(Math.abs(by))}`;

type Measure = (view: CallView) => number | null;

function Both({ before, after }: { before: CallView; after: CallView }) {
  const rows: Array<[string, Measure, (value: number) => string]> = [
    [t("figures.input"), (view) => view.usage?.input ?? null, group],
    [t("figures.output"), (view) => view.usage?.output ?? null, group],
    [t("figures.cost"), (view) => view.cost, money],
    [t("figures.first"), (view) => view.first_token_ms, exactly],
    [t("figures.total"), (view) => view.total_ms, exactly],
    [t("figures.speed"), (view) => view.tokens_per_second, decimal],
  ];
  const unknown = <span className="text-ink-3">{t("unknown")}</span>;
  // a replay stands in no session: its answer is known to this window alone, while that is open
  const replayed = client.getQueryData<Replayed>(["replayed", after.id]);
  const known = replayed?.original.id === before.id ? replayed : undefined;
  const one = answerOf(before) ?? known?.original_answer ?? null;
  const two = answerOf(after) ?? known?.answer ?? null;
  return (
    <>
      <Table
        wide
        className="mb-4 max-w-[44rem]"
        caption={t("compareWith")}
        columns={[
          { head: t("measure"), quiet: true },
          {
            head: (
              <Link
                to="/activity/$call"
                params={{ call: before.id }}
                className="rounded-sm underline decoration-line underline-offset-2 hover:decoration-ink-3"
              >
                {answerer(before)}, {moment(before.started_at)}
              </Link>
            ),
            figure: true,
          },
          { head: t("thisCall", { name: answerer(after) }), figure: true },
          { head: t("change"), figure: true, quiet: true },
        ]}
        rows={rows.map(([name, measure, show]) => {
          const [was, is] = [measure(before), measure(after)];
          return {
            key: name,
            cells: [
              name,
              was === null ? unknown : show(was),
              is === null ? unknown : show(is),
              was === null || is === null ? "" : changed(is - was, show),
            ],
          };
        })}
      />
      {one === null || two === null ? (
        <p className="text-ink-2">{t("answerNotKept")}</p>
      ) : one === two ? (
        <p className="text-ink-2">{t("sameAnswer")}</p>
      ) : (
        <DiffView name={t("answersDiffer")} before={one} after={two} />
      )}
    </>
  );
}

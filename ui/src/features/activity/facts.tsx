import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { CallView } from "@/api/generated/types";
import { CopyIcon } from "@/components/copy";
import { Section } from "@/components/page";
import { decimal, exactly, group, money } from "@/lib/format";
import { t } from "./words";

/** The figures that matter first, in one line. */
export function Figures({ view }: { view: CallView }) {
  const { usage } = view;
  const cells: Array<[string, string, string | null]> = [
    [
      t("figures.cost"),
      view.cost !== null ? money(view.cost) : usage === null ? "–" : t("unknown"),
      usage === null ? null : t(`confidence.${view.confidence}`),
    ],
    [
      t("figures.input"),
      usage === null ? "–" : group(usage.input),
      usage !== null && usage.cached_input > 0 ? t("cached", { n: group(usage.cached_input) }) : null,
    ],
    [
      t("figures.output"),
      usage === null ? "–" : group(usage.output),
      usage !== null && usage.reasoning > 0 ? t("reasoning", { n: group(usage.reasoning) }) : null,
    ],
    [t("figures.first"), view.first_token_ms === null ? "–" : exactly(view.first_token_ms), null],
    [t("figures.total"), view.total_ms === null ? "–" : exactly(view.total_ms), null],
    [
      t("figures.speed"),
      view.tokens_per_second === null ? "–" : decimal(view.tokens_per_second),
      view.tokens_per_second !== null && view.stream ? t("perSecond") : null,
    ],
  ];
  return (
    <dl
      className="mb-8 grid grid-cols-3 gap-x-4 gap-y-3 md:gap-x-0 border-line border-y py-3.5 md:grid-cols-6"
      data-testid="figures"
    >
      {cells.map(([name, value, note]) => (
        <div key={name} className="min-w-0 border-line md:border-l md:pl-4 md:first:border-l-0 md:first:pl-0">
          <dt className="truncate text-ink-3 text-xs">{name}</dt>
          <dd className="tnum font-semibold text-lg">{value}</dd>
          <dd className="text-ink-3 text-xs">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What names the call and its way here. */
export function Facts({ view }: { view: CallView }) {
  const rows: Array<[string, ReactNode]> = [
    [t("facts.id"), <Id key="id" id={view.id} />],
    [
      t("facts.session"),
      view.session ? (
        <Link
          key="session"
          to="/chat/$session"
          params={{ session: view.session }}
          className="rounded-sm font-mono text-xs underline decoration-line underline-offset-2 hover:decoration-ink-3"
        >
          {view.session}
        </Link>
      ) : (
        t("facts.noSession")
      ),
    ],
    [
      t("facts.requested"),
      view.requested_model === "" ? t("noModel") : <code key="model">{view.requested_model}</code>,
    ],
    [t("facts.agent"), view.agent_slug ? `${view.agent_slug}@${view.revision ?? ""}` : t("facts.noAgent")],
    [t("facts.route"), view.route],
    [t("facts.wire"), view.wire ?? t("facts.noWire")],
    [t("facts.program"), view.user_agent ?? t("facts.noProgram")],
    [t("facts.stream"), view.stream ? t("facts.streamed") : t("facts.whole")],
    [t("facts.finish"), view.finish === null ? "–" : String(view.finish)],
  ];
  if (view.replay_of) {
    rows.push([
      t("facts.replayOf"),
      <Link
        key="replay"
        to="/activity/$call"
        params={{ call: view.replay_of }}
        className="rounded-sm font-mono text-xs underline decoration-line underline-offset-2 hover:decoration-ink-3"
      >
        {view.replay_of}
      </Link>,
    ]);
  }
  if (view.client_request && view.client_request.headers.length > 0) {
    rows.push([
      t("facts.headers"),
      <span key="headers" className="font-mono text-xs">
        {view.client_request.headers.join(", ")}
      </span>,
    ]);
  }
  return (
    <Section title={t("sections.facts")} id="facts">
      <dl className="grid grid-cols-[8rem_1fr] gap-y-1.5">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="selectable min-w-0 [overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function Id({ id }: { id: string }) {
  return (
    <span className="-my-1 inline-flex items-center gap-1 font-mono text-xs">
      {id}
      <CopyIcon text={id} label={t("copyId")} />
    </span>
  );
}

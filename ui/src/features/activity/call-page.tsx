import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { call } from "@/api/calls";
import type { CallView } from "@/api/generated/types";
import { FailureNote } from "@/components/failure";
import { Loaded, Section } from "@/components/page";
import { Recalled } from "@/components/recalled";
import { WaitingList } from "@/features/approvals/waiting-list";
import { moment } from "@/lib/format";
import { Actions } from "./actions";
import { Applied } from "./applied";
import { Attempts } from "./attempts";
import { Compare } from "./compare";
import { Events } from "./events";
import { Facts, Figures } from "./facts";
import { lastFilter } from "./filter";
import { Requests } from "./requests";
import { answerer, caller, OutcomeWord, refusals } from "./row-words";
import { Spoken } from "./spoken";
import { Steps } from "./steps";
import { Uses } from "./uses";
import { Waterfall } from "./waterfall";
import { t } from "./words";

/** All about one call: asked, applied, sent, answered, timed and paid. */
export function CallPage({ id, beside }: { id: string; beside?: string }) {
  const query = useQuery(call(id));
  return (
    <main className="h-full overflow-y-auto" aria-label={t("call")}>
      <div className="max-w-[72rem] px-5 pt-6 pb-16 lg:px-8">
        <Back />
        <Loaded query={query}>{(view) => <Shown key={view.id} view={view} beside={beside} />}</Loaded>
      </div>
    </main>
  );
}

/** Back to the list with the filters it had. */
function Back() {
  return (
    <Link
      to="/activity"
      search={lastFilter()}
      className="-ml-1 mb-2 inline-flex items-center gap-1 rounded-sm px-1 text-ink-2 text-xs hover:text-ink"
    >
      <ArrowLeft size={14} strokeWidth={1.75} aria-hidden="true" />
      {t("title")}
    </Link>
  );
}

function Shown({ view, beside }: { view: CallView; beside?: string }) {
  return (
    <>
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 className="truncate font-semibold text-xl tracking-[-0.01em]">
            {answerer(view)}
            {view.target && <span className="font-normal text-base text-ink-3"> {String(view.target)}</span>}
          </h1>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-ink-2" role="status">
            <OutcomeWord outcome={view.outcome} />
            {view.repeats > 0 && <span>{t("refusedTimes", refusals(view))}</span>}
            <span>{caller(view)}</span>
            <span className="tnum text-ink-3">{moment(view.started_at)}</span>
          </p>
        </div>
        <Actions view={view} />
      </header>
      {view.failure !== null && (
        <div className="mb-5">
          <FailureNote
            failure={{
              message: view.failure,
              hint: view.repeats > 0 ? t("refusedAlike", refusals(view)) : null,
            }}
          />
        </div>
      )}
      <WaitingList call={view.id} className="mb-6" />
      <Figures view={view} />
      {beside !== undefined && <Compare view={view} other={beside} />}
      <Section title={t("sections.times")} id="times">
        <Waterfall view={view} />
      </Section>
      <Spoken view={view} />
      {view.recalled.length > 0 && (
        <Section title={t("sections.recalled")} id="recalled">
          <div className="border-line border-y py-2.5">
            <Recalled all={view.recalled} />
          </div>
        </Section>
      )}
      <Steps view={view} />
      <Uses view={view} />
      <Applied view={view} />
      <Requests view={view} />
      <Attempts view={view} />
      <Events view={view} />
      <Facts view={view} />
    </>
  );
}

// What a call is called, in lists and on its page.

import type { CallRow } from "@/api/generated/types";
import { Dot } from "@/components/page";
import { duration, group } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { failureName } from "./failures";
import { t } from "./words";

/** Who called: a program by its key's name. */
export function caller(row: CallRow): string {
  if (row.source.from === "window") return t("window");
  if (row.source.from === "command_line") return t("commandLine");
  return row.client ?? row.source.key;
}

/** The agent that answered, else what the client named; what was refused at the door was not read so far. */
export const answerer = (row: CallRow): string =>
  row.agent_slug ?? (row.requested_model === "" ? t("noModel") : row.requested_model);

/** How often a call was refused: those just like it within a minute are told with the first one. */
export const refusals = ({ repeats }: CallRow): { n: string } => ({ n: group(repeats + 1) });

export function OutcomeWord({ outcome }: Pick<CallRow, "outcome">) {
  const [tone, word] =
    outcome === null
      ? (["alive", t("outcomes.running")] as const)
      : outcome.outcome === "succeeded"
        ? (["good", t("outcomes.succeeded")] as const)
        : outcome.outcome === "failed"
          ? (["bad", failureName(outcome.kind)] as const)
          : (["off", t(`outcomes.${outcome.outcome}`)] as const);
  return (
    <span className="inline-flex min-w-0 max-w-full items-center gap-1.5">
      <Dot tone={tone} />
      <span className="truncate">{word}</span>
    </span>
  );
}

/** A person is asked about what the agent wants to do next. */
export function WaitingWord() {
  return (
    <span className="inline-flex min-w-0 max-w-full items-center gap-1.5">
      <Dot tone="alive" />
      <span className="truncate">{t("outcomes.waiting")}</span>
    </span>
  );
}

/** How long a running call has taken so far, from second to second. */
export function Elapsed({ since }: { since: number }) {
  const now = useNow(1000);
  return <span className="text-ember">{duration(Math.max(0, now - since))}</span>;
}

import type { Summary } from "@/api/generated/types";
import { group } from "@/lib/format";
import { Fold } from "./fold";
import { t } from "./words";

/** Says that a model is told a summary in place of what stands above; it opens to the summary. */
export function Summarised({ summary }: { summary: Summary }) {
  const { text, messages, before, after } = summary;
  if (text === null) return null;
  return (
    <div className="my-3 border-line border-t pt-2" data-testid="summarised">
      <Fold
        summary={t("summarised", { count: messages })}
        note={t("summarisedTokens", { before: group(before), after: group(after) })}
      >
        <p className="mb-2 text-ink-3 text-xs">{t("summarisedKept")}</p>
        <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{text}</p>
      </Fold>
    </div>
  );
}

/** The summaries, by the row that each stands behind: what it stands for may end with a row that is not drawn. */
export function behindRows(
  summaries: readonly Summary[],
  messages: ReadonlyArray<{ id: string }>,
  drawn: ReadonlySet<string>,
): ReadonlyMap<string, Summary> {
  const behind = new Map<string, Summary>();
  for (const summary of summaries) {
    const upto = messages.findIndex((message) => message.id === summary.upto);
    const row = messages.slice(0, upto + 1).findLast((message) => drawn.has(message.id));
    if (row !== undefined) behind.set(row.id, summary);
  }
  return behind;
}

import type { CallView, Applied as Decision } from "@/api/generated/types";
import { Section } from "@/components/page";
import { t } from "./words";

/** What was made of the request on its way, in words. */
export function Applied({ view }: { view: CallView }) {
  return (
    <Section title={t("sections.applied")} id="applied">
      {view.applied.length === 0 ? (
        <p className="text-ink-2">{t("nothingApplied")}</p>
      ) : (
        <dl className="grid grid-cols-[max-content_1fr] gap-x-5 gap-y-1.5" data-testid="applied">
          {view.applied.map(({ what, how }) => (
            <div key={`${what} ${how}`} className="contents">
              <dt className="truncate font-mono text-ink-3 text-xs leading-5">{what}</dt>
              <dd className="selectable [overflow-wrap:anywhere]">{inWords({ what, how })}</dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}

/** The decisions of the merge contract have words; what else the app notes says itself what it is. */
export function inWords({ what, how }: Decision): string {
  if (what === "instructions") {
    const ignored = /^ignored (\d+) of the caller$/u.exec(how)?.[1];
    if (ignored !== undefined) return t("applied.ignored", { count: Number(ignored) });
    if (how === "agent") return t("applied.agentInstructions");
    if (how === "agent, then caller") return t("applied.bothInstructions");
    if (how === "replaced by the caller's") return t("applied.callerInstructions");
  }
  if (how === "agent") return t("applied.agent");
  if (how === "caller") return t("applied.caller");
  if (how === "locked by the agent") return t("applied.locked");
  const alias = /^alias of (.+)$/u.exec(how)?.[1];
  if (what === "model" && alias !== undefined) return t("applied.alias", { name: alias });
  return how;
}

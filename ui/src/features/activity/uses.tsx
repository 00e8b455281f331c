import type { CallView, UseState } from "@/api/generated/types";
import { Dot, Section } from "@/components/page";
import { Table } from "@/components/table";
import { exactly } from "@/lib/format";
import { t } from "./words";

const TONES = {
  asked: "alive",
  begun: "alive",
  done: "good",
  failed: "bad",
  refused: "off",
  unknown: "warn",
} as const satisfies Record<UseState, string>;

const span = (from: number | null, to: number | null) =>
  from === null || to === null ? "–" : exactly(to - from);

/** Each use of the agent's own tools: by what it was permitted, what became of it, and how long that took. */
export function Uses({ view }: { view: CallView }) {
  if (view.tool_uses.length === 0) return null;
  return (
    <Section title={t("sections.uses")} id="uses">
      <Table
        wide
        caption={t("sections.uses")}
        testId="uses"
        columns={[
          { head: t("uses.tool") },
          { head: t("uses.permit"), quiet: true },
          { head: t("uses.state") },
          { head: t("uses.waited"), figure: true, quiet: true, className: "w-24" },
          { head: t("uses.took"), figure: true, className: "w-24" },
        ]}
        rows={view.tool_uses.map((use) => ({
          key: use.number,
          cells: [
            <span key="tool" className="font-mono text-xs">
              {use.tool}
            </span>,
            t(`permits.${use.permit}`),
            <span key="state" className="inline-flex items-center gap-1.5">
              <Dot tone={TONES[use.state]} />
              {t(`states.${use.state}`)}
            </span>,
            use.permit === "rule" ? "–" : span(use.asked_at, use.begun_at ?? use.ended_at),
            span(use.begun_at, use.ended_at),
          ],
        }))}
      />
    </Section>
  );
}

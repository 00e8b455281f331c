import { useState } from "react";
import type { CallView, Step, TimelineView } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Section } from "@/components/page";
import { Table } from "@/components/table";
import { bytes, exactly, group } from "@/lib/format";
import { t } from "./words";

const FEW = 12;

/** When which piece of the answer came: kinds and sizes, never what they said. */
export function Events({ view }: { view: CallView }) {
  const timelines = view.timelines;
  if (timelines.length === 0) {
    if (!view.stream || view.entries.length === 0) return null;
    return (
      <Section title={t("sections.events")} id="events">
        <p className="max-w-[42rem] text-ink-2">{t("noEvents")}</p>
      </Section>
    );
  }
  return (
    <Section title={t("sections.events")} id="events">
      {timelines.map((timeline) => (
        <Timeline key={timeline.number} timeline={timeline} alone={timelines.length === 1} />
      ))}
    </Section>
  );
}

function Timeline({ timeline, alone }: { timeline: TimelineView; alone: boolean }) {
  const [all, setAll] = useState(false);
  const { steps } = timeline;
  // its beginning and its end say the most
  const shown = all || steps.length <= FEW ? steps : [...steps.slice(0, FEW - 4), ...steps.slice(-4)];
  const left = steps.length - shown.length;
  return (
    <div className="mb-3">
      {!alone && <p className="pb-1 text-ink-2 text-xs">{t("attempt", { n: timeline.number })}</p>}
      <Marks steps={steps} />
      <Table
        look="dense"
        className="mt-2 max-w-[34rem]"
        caption={t("sections.events")}
        columns={[
          { head: t("events.at"), figure: true, quiet: true, className: "w-24" },
          { head: t("events.what"), className: "pl-6" },
          { head: t("events.pieces"), figure: true, quiet: true },
          { head: t("events.size"), figure: true, quiet: true },
        ]}
        rows={shown.map((step, at) => ({
          key: at,
          cells: [
            exactly(step.at_us / 1000),
            t(`steps.${step.kind}`),
            group(step.pieces),
            step.bytes === 0 ? "" : bytes(step.bytes),
          ],
        }))}
      />
      {left > 0 && (
        <Button small look="quiet" className="mt-1" onClick={() => setAll(true)}>
          {t("events.more", { count: left })}
        </Button>
      )}
    </div>
  );
}

/** The steps on a line of time: where they are dense, the answer flowed. */
function Marks({ steps }: { steps: readonly Step[] }) {
  const end = Math.max(1, steps.at(-1)?.at_us ?? 1);
  return (
    <svg
      viewBox="0 0 1000 20"
      preserveAspectRatio="none"
      className="h-5 w-full border-line border-b text-ink-3"
      aria-hidden="true"
    >
      {steps.map((step, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: steps of an ended answer keep their order
          key={at}
          x={Math.min(998, (step.at_us / end) * 998)}
          y={step.kind === "text" ? 8 : 2}
          width={1.6}
          height={step.kind === "text" ? 12 : 18}
          fill="currentColor"
        />
      ))}
    </svg>
  );
}

import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { callSteps } from "@/api/calls";
import type { CallView, ModelStep, RunStep, ToolStep } from "@/api/generated/types";
import { IconButton } from "@/components/button";
import { Section } from "@/components/page";
import { exactly } from "@/lib/format";
import { OutcomeWord } from "./row-words";
import { t } from "./words";

/** A run with tools, one step at a time; the arrow keys go from step to step. */
export function Steps({ view }: { view: CallView }) {
  const used = view.tool_uses.length > 0;
  const query = useQuery({ ...callSteps(view.id), enabled: used });
  const [chosen, setChosen] = useState(0);
  const steps = query.data?.steps ?? [];
  if (!used || steps.length === 0) return null;
  const at = Math.min(chosen, steps.length - 1);
  const step = steps[at];
  if (step === undefined) return null;
  const go = (to: number) => setChosen(Math.max(0, Math.min(steps.length - 1, to)));
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <Section title={t("sections.steps")} id="steps">
      {/* biome-ignore lint/a11y/useSemanticElements: it has a heading already, and is no fieldset */}
      <div
        role="group"
        aria-label={t("sections.steps")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from step to step
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="focus-inset rounded-md border border-line p-3"
        data-testid="steps"
      >
        <div className="mb-2 flex items-center gap-2">
          <IconButton
            small
            icon={ChevronLeft}
            label={t("stepBefore")}
            disabled={at === 0}
            onClick={() => go(at - 1)}
          />
          <p className="tnum text-ink-2 text-xs" role="status">
            {t("stepOf", { at: at + 1, count: steps.length })}
          </p>
          <IconButton
            small
            icon={ChevronRight}
            label={t("stepAfter")}
            disabled={at === steps.length - 1}
            onClick={() => go(at + 1)}
          />
          <p className="min-w-0 truncate font-mono text-xs">{nameOf(step)}</p>
        </div>
        {step.kind === "model" ? <Model step={step} /> : <Tool step={step} />}
      </div>
    </Section>
  );
}

const nameOf = (step: RunStep) => (step.kind === "model" ? String(step.target) : step.tool);

function Model({ step }: { step: ModelStep }) {
  return (
    <>
      <p className="flex flex-wrap gap-x-3 text-ink-3 text-xs">
        <OutcomeWord outcome={step.outcome} />
        <span className="tnum">{exactly(step.took_ms)}</span>
      </p>
      {step.failure !== null && <p className="mt-1 text-warn text-xs">{step.failure}</p>}
      {step.text !== "" && <Said text={step.text} />}
    </>
  );
}

function Tool({ step }: { step: ToolStep }) {
  const waited = step.waited_ms === null ? null : t("stepWaited", { time: exactly(step.waited_ms) });
  return (
    <>
      <p className="flex flex-wrap gap-x-3 text-ink-3 text-xs">
        <span>{t(`permits.${step.permit}`)}</span>
        <span>{t(`states.${step.state}`)}</span>
        {waited && <span className="tnum">{waited}</span>}
        {step.took_ms !== null && <span className="tnum">{exactly(step.took_ms)}</span>}
      </p>
      {step.arguments !== "" && <Said text={step.arguments} mono />}
      {step.result === null ? (
        <p className="mt-2 text-ink-3 text-xs">{t("stepNotKept")}</p>
      ) : (
        <Said text={step.result} mono />
      )}
    </>
  );
}

function Said({ text, mono = false }: { text: string; mono?: boolean }) {
  return (
    <p
      className={`mt-2 max-h-72 overflow-y-auto whitespace-pre-wrap rounded-sm bg-press p-2 [overflow-wrap:anywhere] ${mono ? "font-mono text-xs" : ""}`}
    >
      {text}
    </p>
  );
}

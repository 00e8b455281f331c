import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Agent } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Mark } from "@/components/mark";
import { cx } from "@/lib/cx";
import { AgentStep } from "./agent-step";
import { HelloStep } from "./hello-step";
import { ModelStep } from "./model-step";
import { t } from "./words";

const STEPS = ["model", "agent", "hello"] as const;

/** The first steps: a model, an agent, hello. */
export function Welcome() {
  const [step, setStep] = useState(0);
  const [provider, setProvider] = useState<string | null>(null);
  const [agent, setAgent] = useState<Agent | null>(null);
  const navigate = useNavigate();
  return (
    <div className="flex h-full">
      <aside className="flex w-64 shrink-0 flex-col border-line border-r bg-canvas px-6 pt-8 pb-5">
        <Mark size={32} />
        <h1 className="mt-4 font-semibold text-lg">{t("title")}</h1>
        <p className="mt-1 text-ink-2">{t("lead")}</p>
        <ol className="mt-8 flex flex-col gap-2.5">
          {STEPS.map((name, at) => (
            <li
              key={name}
              aria-current={at === step ? "step" : undefined}
              className={cx("flex items-center gap-2.5", at === step ? "font-medium" : "text-ink-3")}
            >
              <span className={cx("tnum w-3 text-right", at === step && "text-ember")}>{at + 1}</span>
              {t(`steps.${name}`)}
            </li>
          ))}
        </ol>
        <div className="flex-1" />
        <Button look="quiet" small className="-ml-2.5 self-start" onClick={() => navigate({ to: "/chat" })}>
          {t("skip")}
        </Button>
      </aside>
      <main className="min-w-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-[37rem] px-8 pt-10 pb-10">
          {step === 0 && (
            <ModelStep
              onDone={(id) => {
                setProvider(id);
                setStep(1);
              }}
            />
          )}
          {step === 1 && provider !== null && (
            <AgentStep
              provider={provider}
              onBack={() => setStep(0)}
              onDone={(made) => {
                setAgent(made);
                setStep(2);
              }}
            />
          )}
          {step === 2 && agent !== null && <HelloStep agent={agent} />}
        </div>
      </main>
    </div>
  );
}

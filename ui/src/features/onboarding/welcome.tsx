import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useState } from "react";
import { agents, providers } from "@/api/queries";
import { Button } from "@/components/button";
import { Mark } from "@/components/mark";
import { Loaded } from "@/components/page";
import { cx } from "@/lib/cx";
import { AgentStep } from "./agent-step";
import { HelloStep } from "./hello-step";
import { ModelStep } from "./model-step";
import { endProgress, keepProgress, type Progress, progress } from "./progress";
import { t } from "./words";

const STEPS = ["model", "agent", "hello"] as const;
type Step = 0 | 1 | 2;

/** The first steps: a model, an agent, hello. They go on where they were left, and can be left at any time. */
export function Welcome() {
  const [reached, setReached] = useState<Progress>(progress);
  const [back, setBack] = useState<Step | null>(null);
  const navigate = useNavigate();
  const known = useQuery(agents);
  const sources = useQuery(providers);
  const go = (next: Progress) => {
    keepProgress(next);
    setReached(next);
    setBack(null);
  };
  const leave = () => {
    endProgress();
    navigate({ to: "/chat" });
  };
  // what was remembered may be gone by now
  const provider = sources.data?.find((one) => one.id === reached.provider)?.id ?? null;
  const agent = known.data?.find((one) => one.id === reached.agent) ?? null;
  const far: Step = provider === null ? 0 : agent === null ? 1 : 2;
  const step = back ?? far;
  return (
    <div className="flex h-full">
      <aside className="flex w-64 shrink-0 flex-col overflow-y-auto max-sm:w-44 border-line border-r bg-canvas px-6 pt-8 pb-5">
        {/* its drawing stands inside a margin of its own */}
        <span className="-ml-1">
          <Mark size={32} />
        </span>
        <h1 className="mt-4 font-semibold text-lg">{t("title")}</h1>
        <p className="mt-1 text-ink-2">{t("lead")}</p>
        <ol className="mt-8 -ml-2 flex flex-col gap-1">
          {STEPS.map((name, at) => (
            <li key={name} aria-current={at === step ? "step" : undefined}>
              <button
                type="button"
                disabled={at > far || at === step}
                onClick={() => setBack(at as Step)}
                className={cx(
                  "flex h-8 w-full items-center gap-2 rounded-md px-2 text-left enabled:hover:bg-hover",
                  at === step ? "font-medium" : "text-ink-3",
                )}
              >
                <span className={cx("tnum flex w-3.5", at === step && "text-ember")}>
                  {at < far && at !== step ? (
                    <Check size={14} strokeWidth={2} aria-label={t("done")} />
                  ) : (
                    at + 1
                  )}
                </span>
                {t(`steps.${name}`)}
              </button>
            </li>
          ))}
        </ol>
        <div className="flex-1" />
        <Button look="quiet" small className="-ml-2.5 self-start" onClick={leave}>
          {t("skip")}
        </Button>
      </aside>
      <main className="min-w-0 flex-1 overflow-y-auto">
        <div
          className={cx(
            "mx-auto px-8 pt-10 pb-10 max-sm:px-5",
            step === 2 ? "max-w-[52rem]" : "max-w-[37rem]",
          )}
        >
          <Loaded query={sources} rows={4}>
            {() => (
              <>
                {step === 0 && <ModelStep onDone={(id) => go({ provider: id, agent: agent?.id ?? null })} />}
                {step === 1 && provider !== null && (
                  <AgentStep
                    key={provider}
                    provider={provider}
                    onBack={() => setBack(0)}
                    onDone={(made) => go({ provider, agent: made.id })}
                  />
                )}
                {step === 2 && agent !== null && <HelloStep agent={agent} onLeave={leave} />}
              </>
            )}
          </Loaded>
        </div>
      </main>
    </div>
  );
}

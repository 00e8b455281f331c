import { type ReactNode, useEffect, useRef } from "react";
import type { ApprovalView, Decision } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { duration } from "@/lib/format";
import { useArmed } from "@/lib/use-armed";
import { useNow } from "@/lib/use-now";
import { Fact, Facts, Lines } from "./facts";
import { doesOf, whoOf } from "./said";
import { t } from "./words";

interface QuestionProps {
  approval: ApprovalView;
  /** How many wait, this one included. */
  waiting: number;
}

/** One thing that an agent wants to do: who asks for it, what it does, all that it is given, and the answer. */
export function Question({ approval, waiting }: QuestionProps) {
  const { reach, tool, directory, agent_name: agent, reasons, tainted_by: source } = approval;
  const tainted = reasons.includes("tainted");
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-4" data-testid="question">
        <header className="flex items-baseline justify-between gap-3">
          <h1 className="font-semibold text-lg">{t(`title.${reach}`)}</h1>
          {waiting > 1 && (
            <p className="tnum shrink-0 text-ink-3 text-xs">{t("more", { count: waiting - 1 })}</p>
          )}
        </header>
        <p className="mt-0.5 text-ink-2">{doesOf(approval)}</p>
        <Facts>
          <Fact name={t("agent")}>{agent}</Fact>
          <Fact name={t("tool")}>{tool}</Fact>
          {directory !== null && <Fact name={t("directory")}>{directory}</Fact>}
          <Fact name={t("caller")}>{whoOf(approval)}</Fact>
          {tainted && source !== null && <Fact name={t("source")}>{source}</Fact>}
        </Facts>
        {tainted && <p className="mt-3 text-warn">{t("tainted")}</p>}
        <Arguments text={approval.arguments} />
      </div>
      <Answer approval={approval} />
    </>
  );
}

/** All that the tool is given. */
function Arguments({ text }: { text: string }) {
  return (
    <section aria-label={t("arguments")} className="mt-4">
      <h2 className="mb-1 text-ink-3">{t("arguments")}</h2>
      <div className="rounded-md bg-canvas px-3 py-2" data-testid="arguments">
        <Lines json={text} />
      </div>
    </section>
  );
}

function Answer({ approval }: { approval: ApprovalView }) {
  const { session, session_exact: exact, reasons } = approval;
  // what text from outside may have asked for is approved once, whatever would be said
  const wide = !reasons.includes("tainted");
  const armed = useArmed(approval.id);
  const answer = useCommand("approval.answer");
  const deny = useRef<HTMLButtonElement>(null);
  useEffect(() => deny.current?.focus(), []);
  const give = (decision: Decision) => answer.mutate({ approval: approval.id, decision });
  const button = (decision: Decision, look: "main" | "plain", label: ReactNode) => (
    <Button look={look} disabled={!armed} busy={answer.isPending} onClick={() => give(decision)}>
      {label}
    </Button>
  );
  return (
    <footer className="shrink-0 border-line border-t px-5 pt-3 pb-4">
      {answer.error && (
        <div className="mb-3">
          <FailureNote failure={answer.error} />
        </div>
      )}
      <Left until={approval.expires_at} />
      <div className="mt-2.5 flex gap-6">
        <Button ref={deny} busy={answer.isPending} onClick={() => give("deny")}>
          {t("deny")}
        </Button>
        <div className="flex flex-1 flex-wrap justify-end gap-2">
          {wide && button("always", "plain", t("always"))}
          {wide && session !== null && button("session", "plain", t(exact ? "sessionExact" : "session"))}
          {button("once", "main", t("once"))}
        </div>
      </div>
    </footer>
  );
}

/** How long there is to answer. */
function Left({ until }: { until: number }) {
  const left = Math.max(0, until - useNow(1000));
  return <p className="tnum text-ink-3 text-xs">{t("left", { time: duration(Math.max(1000, left)) })}</p>;
}

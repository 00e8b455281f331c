import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Wrench } from "lucide-react";
import { approvals } from "@/api/approvals";
import { call } from "@/api/calls";
import type { ApprovalView, Part } from "@/api/generated/types";
import { doesOf } from "@/approvals/said";
import { CodeBlock, CodeFigure } from "@/components/markdown/code-block";
import { ApprovalActions } from "@/features/approvals/actions";
import { cx } from "@/lib/cx";
import { duration } from "@/lib/format";
import { ranCode } from "./ran-code";
import { Passages, passagesOf } from "./sources";
import { isPicture, ToolPictures } from "./tool-pictures";
import { useToolAnswer } from "./tools";
import { t } from "./words";

/** JSON as people read it; text as it is. */
export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

interface ToolCardProps {
  call: Extract<Part, { type: "tool_call" }>;
  /** What came back, where that is not to be looked for in the conversation. */
  result?: Extract<Part, { type: "tool_result" }>;
  /** The message that holds it. */
  resultOf?: string;
  /** When the model had asked for it, where what came back is looked for in the conversation. */
  asked?: number | null;
  /** Milliseconds it ran, where the agent ran it itself. */
  took?: number | null;
  /** The message in which the agent runs it itself. */
  ownOf?: string;
  /** The call in which that was. */
  ranIn?: string;
}

/** A call of a tool: what it was given, what came back, and how long that took; and whether it waits for a person. */
export function ToolCard(props: ToolCardProps) {
  const { call: wanted, result: given, resultOf, asked = null, ownOf, ranIn } = props;
  const answer = useToolAnswer(wanted.id);
  const result = given ?? answer?.result;
  const holder = given === undefined ? answer?.message : (resultOf ?? ownOf);
  const waiting = useWaiting(wanted.id, ownOf);
  const took = props.took ?? (answer !== undefined && asked !== null ? answer.at - asked : null);
  const failed = result?.is_error === true;
  const refused = useRefused(wanted.id, failed ? ranIn : undefined);
  const running = waiting ? "toolAsks" : ownOf === undefined ? "toolWaiting" : "toolRuns";
  const ended = refused ?? (failed ? "toolFailed" : "toolDone");
  const ran = ranCode(wanted);
  const passages = passagesOf(wanted.name, result);
  const state = t(result === undefined ? running : ended);
  return (
    <div className="rounded-md border border-line text-ink-2">
      <details className="group/fold">
        <summary className="flex h-9 list-none items-center gap-2 rounded-md px-3 hover:bg-hover [&::-webkit-details-marker]:hidden">
          <ChevronRight
            size={14}
            strokeWidth={1.75}
            className="-ml-0.5 shrink-0 text-ink-3 group-open/fold:rotate-90"
            aria-hidden="true"
          />
          <Wrench size={14} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
          <span className="min-w-0 truncate font-mono text-ink text-xs">{wanted.name}</span>
          <span
            className={cx(
              "text-xs",
              refused ? "text-ink-2" : failed ? "text-bad" : waiting ? "text-ember" : "text-ink-3",
            )}
          >
            {state}
          </span>
          {took !== null && took >= 0 && (
            <span className="tnum ml-auto text-ink-3 text-xs">{duration(took)}</span>
          )}
        </summary>
        <div className="flex flex-col gap-2 border-line border-t p-3">
          {ran === null ? (
            <CodeFigure code={pretty(wanted.arguments)} name={t("arguments")} />
          ) : (
            <>
              <CodeBlock code={ran.code} language="javascript" />
              {ran.input !== null && <CodeBlock code={ran.input} language="json" />}
            </>
          )}
          {passages.length > 0 && <Passages passages={passages} />}
          {result?.parts.map((part, at) =>
            isPicture(part) ? null : (
              <CodeFigure
                // biome-ignore lint/suspicious/noArrayIndexKey: parts of a result never move
                key={at}
                code={part.type === "text" ? (ran === null ? pretty(part.text) : part.text) : part.type}
                name={t(failed ? ended : "toolResult")}
              />
            ),
          )}
        </div>
      </details>
      {result !== undefined && holder !== undefined && (
        <ToolPictures tool={wanted.name} call={wanted.id} message={holder} parts={result.parts} />
      )}
      {waiting && result === undefined && (
        <div className="flex items-center justify-between gap-3 border-line border-t px-3 py-2">
          <p role="status">{doesOf(waiting)}</p>
          <ApprovalActions approval={waiting} />
        </div>
      )}
    </div>
  );
}

/** What a person is asked about this call, while they are. */
function useWaiting(call: string, message: string | undefined): ApprovalView | undefined {
  const all = useQuery({ ...approvals, enabled: message !== undefined }).data;
  return all?.find((one) => one.tool_call === call && one.message === message);
}

/** Why the tool was not run, where it was not: a person said no, or nobody answered. */
function useRefused(tool: string, ranIn: string | undefined) {
  const view = useQuery({ ...call(ranIn ?? ""), enabled: ranIn !== undefined }).data;
  const use = view?.tool_uses.find((one) => one.tool_call === tool);
  if (use?.state === "unknown") return "toolUnknown";
  if (use?.permit === "denied") return "toolDenied";
  return use?.permit === "unanswered" ? "toolUnanswered" : null;
}

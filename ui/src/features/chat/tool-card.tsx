import { Wrench } from "lucide-react";
import type { Part } from "@/api/generated/types";
import { CodeFigure } from "@/components/markdown/code-block";
import { duration } from "@/lib/format";
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
  /** When the model had asked for it. */
  asked: number | null;
  /** The agent runs it itself. */
  own?: boolean;
}

/** A call of a tool: what it was given, what came back, and how long that took. */
export function ToolCard({ call, result: given, asked, own = false }: ToolCardProps) {
  const answer = useToolAnswer(call.id);
  const result = given ?? answer?.result;
  const took = answer !== undefined && asked !== null ? answer.at - asked : null;
  const failed = result?.is_error === true;
  const state =
    result === undefined ? t(own ? "toolRuns" : "toolWaiting") : failed ? t("toolFailed") : t("toolDone");
  return (
    <details className="group/fold rounded-md border border-line text-ink-2">
      <summary className="flex h-9 list-none items-center gap-2 rounded-md px-3 hover:bg-hover [&::-webkit-details-marker]:hidden">
        <Wrench size={14} strokeWidth={1.75} className="shrink-0 text-ink-3" aria-hidden="true" />
        <span className="min-w-0 truncate font-mono text-ink text-xs">{call.name}</span>
        <span className={failed ? "text-bad text-xs" : "text-ink-3 text-xs"}>{state}</span>
        {took !== null && took >= 0 && (
          <span className="tnum ml-auto text-ink-3 text-xs">{duration(took)}</span>
        )}
      </summary>
      <div className="flex flex-col gap-2 border-line border-t p-3">
        <CodeFigure code={pretty(call.arguments)} name={t("arguments")} />
        {result?.parts.map((part, at) => (
          <CodeFigure
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of a result never move
            key={at}
            code={part.type === "text" ? pretty(part.text) : part.type}
            name={t(failed ? "toolFailed" : "toolResult")}
          />
        ))}
      </div>
    </details>
  );
}

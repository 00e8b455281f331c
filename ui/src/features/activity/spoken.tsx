import type { CallView, Message, Part } from "@/api/generated/types";
import { JsonView } from "@/components/json-view";
import { Section } from "@/components/page";
import { ScrollBox } from "@/components/scroll-box";
import { t } from "./words";

/** The question and the answer, as the session keeps them, with the tools that were called. */
export function Spoken({ view }: { view: CallView }) {
  const asked = view.asked ?? null;
  const answers = view.answers ?? [];
  if (asked === null && answers.length === 0) return null;
  const tools = answers.flatMap(({ parts }) => parts.filter((part) => part.type === "tool_call"));
  const results = (view.tool_results ?? []).flatMap(({ parts }) => parts);
  return (
    <>
      <Section title={t("sections.spoken")} id="spoken">
        <div className="border-line border-b">
          {asked && <Said who={t("asked")} text={textOf(asked)} />}
          {answers.map((answer, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: answers of a call keep their order
            <Said key={at} who={t("answered")} text={textOf(answer)} />
          ))}
        </div>
      </Section>
      {tools.length > 0 && (
        <Section title={t("sections.tools")} id="tools">
          {tools.map((tool) => (
            <Tool key={tool.id} tool={tool} results={results} />
          ))}
        </Section>
      )}
    </>
  );
}

/** The answer as one text; `null` where it was not kept. A replay stands in no session, and neither does its answer. */
export function answerOf(view: CallView): string | null {
  const first = view.answers?.[0];
  return first === undefined ? null : textOf(first);
}

function textOf(message: Message): string {
  return message.parts
    .map((part) => {
      if (part.type === "text" || part.type === "refusal") return part.text;
      if (part.type === "tool_call") return `${part.name}(${part.arguments})`;
      return part.type === "reasoning" ? "" : `[${t(`parts.${part.type}`)}]`;
    })
    .filter((text) => text !== "")
    .join("\n");
}

function Said({ who, text }: { who: string; text: string }) {
  return (
    <div className="grid grid-cols-[8rem_1fr] border-line border-t py-2.5">
      <p className="text-ink-3">{who}</p>
      <ScrollBox name={who} className="max-h-80 whitespace-pre-wrap text-base [overflow-wrap:anywhere]">
        {text === "" ? <span className="text-ink-3">{t("nothingSaid")}</span> : text}
      </ScrollBox>
    </div>
  );
}

type ToolCall = Extract<Part, { type: "tool_call" }>;

function Tool({ tool, results }: { tool: ToolCall; results: readonly Part[] }) {
  const result = results.find((part) => part.type === "tool_result" && part.call_id === tool.id);
  const given =
    result?.type === "tool_result"
      ? result.parts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n")
      : null;
  return (
    <div className="mb-4">
      <p className="mb-1 font-medium font-mono text-xs">{tool.name}</p>
      <JsonView name={t("arguments", { tool: tool.name })} text={tool.arguments} />
      {given !== null && (
        <>
          <p className="mt-2 mb-1 text-ink-3 text-xs">{t("result")}</p>
          <JsonView name={t("resultOf", { tool: tool.name })} text={given} />
        </>
      )}
    </div>
  );
}

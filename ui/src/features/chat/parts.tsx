import type { MessageView, Part } from "@/api/generated/types";
import { Markdown } from "@/components/markdown";
import { CodeFigure } from "@/components/markdown/code-block";
import { AttachedPart } from "./attached";
import { Fold } from "./fold";
import { Reasoning } from "./reasoning";
import { pretty, ToolCard } from "./tool-card";
import { t } from "./words";

/** A finished message, part by part. */
export function Parts({ message }: { message: MessageView }) {
  const { role, parts } = message.message;
  if (role === "system" || role === "developer") {
    return (
      <Fold summary={t("instructions")}>
        <PartList message={message} parts={parts} />
      </Fold>
    );
  }
  if (parts.length === 0 && message.state === "complete") {
    return <p className="text-ink-3">{role === "user" ? t("notStored") : t("emptyAnswer")}</p>;
  }
  return <PartList message={message} parts={parts} own={role === "user"} />;
}

interface PartListProps {
  message: MessageView;
  parts: readonly Part[];
  own?: boolean;
}

function PartList({ message, parts, own = false }: PartListProps) {
  return parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a finished message never move
    <div key={at} className="not-first:mt-3">
      <PartView message={message} part={part} at={at} own={own} />
    </div>
  ));
}

function PartView({
  message,
  part,
  at,
  own,
}: {
  message: MessageView;
  part: Part;
  at: number;
  own: boolean;
}) {
  const { role } = message.message;
  switch (part.type) {
    case "text":
      // people's own text keeps its line breaks and is not read as markdown
      return own ? (
        <p className="selectable whitespace-pre-wrap text-base [overflow-wrap:anywhere] [unicode-bidi:plaintext]">
          {part.text}
        </p>
      ) : (
        <Markdown text={part.text} />
      );
    case "refusal":
      return <Markdown text={part.text} />;
    case "reasoning":
      return part.text === "" ? null : (
        <Reasoning text={part.text} growing={false} took={message.receipt?.reasoning_ms} />
      );
    case "tool_call": {
      const result = message.message.parts.find(
        (other) => other.type === "tool_result" && other.call_id === part.id,
      );
      const own = result?.type === "tool_result" ? result : undefined;
      const asked = message.receipt === null ? null : message.created_at + message.receipt.total_ms;
      const took = message.tool_times.find((one) => one.tool_call === part.id)?.took_ms;
      return own === undefined ? (
        <ToolCard call={part} asked={asked} />
      ) : (
        <ToolCard call={part} result={own} resultOf={message.id} took={took} />
      );
    }
    case "tool_result":
      // in an answer it stands with its call
      return role === "assistant" ? null : (
        <Fold summary={t(part.is_error ? "toolFailed" : "toolResult")}>
          <PartList message={message} parts={part.parts} own />
        </Fold>
      );
    case "image":
      return <AttachedPart kind="image" media={part} message={message.id} part={at} />;
    case "file":
      return <AttachedPart kind="file" media={part} message={message.id} part={at} />;
    case "audio":
      return <AttachedPart kind="sound" media={part} message={message.id} part={at} />;
    case "opaque":
      return (
        <Fold summary={t("dataOf", { wire: part.wire })}>
          <CodeFigure code={pretty(part.value)} name="JSON" />
        </Fold>
      );
  }
}

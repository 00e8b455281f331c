import { FileText, Image as ImageIcon, type LucideIcon, Volume2 } from "lucide-react";
import type { ReactNode } from "react";
import type { Media, MessageView, Part } from "@/api/generated/types";
import { Code } from "@/components/code";
import { Markdown } from "@/components/markdown";
import { t } from "./words";

/** A finished message, part by part. */
export function Parts({ message }: { message: MessageView }) {
  const { role, parts } = message.message;
  if (role === "system" || role === "developer") {
    return (
      <Fold summary={t("instructions")}>
        <PartList parts={parts} />
      </Fold>
    );
  }
  if (parts.length === 0 && message.state === "complete") {
    return <p className="text-ink-3">{role === "user" ? t("notStored") : t("emptyAnswer")}</p>;
  }
  return <PartList parts={parts} own={role === "user"} />;
}

function PartList({ parts, own = false }: { parts: readonly Part[]; own?: boolean }) {
  return parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a finished message never move
    <div key={at} className="not-first:mt-3">
      <PartView part={part} own={own} />
    </div>
  ));
}

function PartView({ part, own }: { part: Part; own: boolean }) {
  switch (part.type) {
    case "text":
      // people's own text keeps its line breaks and is not read as markdown
      return own ? (
        <p className="selectable whitespace-pre-wrap text-base [overflow-wrap:anywhere]">{part.text}</p>
      ) : (
        <Markdown text={part.text} />
      );
    case "refusal":
      return <Markdown text={part.text} />;
    case "reasoning":
      return part.text === "" ? null : <Reasoning text={part.text} growing={false} />;
    case "tool_call":
      return (
        <Fold summary={t("toolCall", { name: part.name })}>
          <Code text={pretty(part.arguments)} name="Arguments" />
        </Fold>
      );
    case "tool_result":
      return (
        <Fold summary={t(part.is_error ? "toolFailed" : "toolResult")}>
          <PartList parts={part.parts} own />
        </Fold>
      );
    case "image":
      return <Attached icon={ImageIcon} kind="Image" media={part} />;
    case "file":
      return <Attached icon={FileText} kind="File" media={part} />;
    case "audio":
      return <Attached icon={Volume2} kind="Sound" media={part} />;
    case "opaque":
      return (
        <Fold summary={`Data of ${part.wire}`}>
          <Code text={pretty(part.value)} name="JSON" />
        </Fold>
      );
  }
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** Something attached; never fetched and never shown from an address. */
function Attached({ icon: Icon, kind, media }: { icon: LucideIcon; kind: string; media: Media }) {
  const where = media.source.kind === "url" ? media.source.url : (media.name ?? media.media_type ?? "");
  return (
    <p className="flex min-w-0 items-center gap-2 text-ink-2">
      <Icon size={16} strokeWidth={1.75} className="shrink-0" aria-hidden="true" />
      {kind}
      <span className="min-w-0 truncate font-mono text-ink-3 text-xs">{where}</span>
    </p>
  );
}

function Fold({ summary, open, children }: { summary: string; open?: boolean; children: ReactNode }) {
  return (
    <details className="text-ink-2" open={open}>
      <summary className="w-fit rounded-sm text-ink-3 text-sm hover:text-ink">{summary}</summary>
      <div className="mt-2 border-line border-l pl-3.5">{children}</div>
    </details>
  );
}

/** What the model thought: open while it thinks, folded once it speaks. */
export function Reasoning({ text, growing }: { text: string; growing: boolean }) {
  return (
    <div className="mb-3">
      <Fold summary={growing ? t("thinking") : t("reasoning")} open={growing || undefined}>
        <p className="selectable whitespace-pre-wrap text-ink-2 [overflow-wrap:anywhere]">{text}</p>
      </Fold>
    </div>
  );
}

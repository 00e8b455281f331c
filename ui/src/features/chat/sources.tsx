import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useMemo } from "react";
import { segmentsOf } from "@/api/answers";
import type { MessageView, Part } from "@/api/generated/types";
import { agents, collections } from "@/api/queries";
import { Citation } from "@/components/knowledge/citation";
import { type Cited, citedIn, passagesIn } from "@/lib/citations";
import { t } from "./words";

/** The tool that gives passages of the person's own files. */
const LOOKS_UP = "search_knowledge";

const Context = createContext<string | null>(null);
/** Whose answer is shown: its agent or model. */
export const AnsweredBy = Context.Provider;

/** The collections that this answer's agent looks things up in, those that are there; none are known: all. */
function useCollections(): readonly string[] {
  const by = useContext(Context)?.split("@")[0];
  const { data: all } = useQuery(agents);
  const { data: there } = useQuery(collections);
  const used = all?.find((agent) => agent.slug === by || agent.id === by)?.knowledge ?? [];
  const left = used.filter((name) => there?.some((one) => one.name === name) !== false);
  return left.length > 0 ? left : used;
}

/** The passages that a call of the tool gave. */
export function passagesOf(
  tool: string,
  result: Extract<Part, { type: "tool_result" }> | undefined,
): Cited[] {
  if (tool !== LOOKS_UP || result === undefined || result.is_error) return [];
  return result.parts.flatMap((part) => (part.type === "text" ? passagesIn(part.text) : []));
}

/** The passages of a call, each opens its place. */
export function Passages({ passages }: { passages: readonly Cited[] }) {
  return <Citations label={t("passages")} all={passages} />;
}

/** What an answer cites of the passages that were found for it. */
export function Sources({ message }: { message: MessageView }) {
  const found = useMemo(() => {
    const segments = segmentsOf(message);
    const given = segments.flatMap(({ call, result }) => (call ? passagesOf(call.name, result) : []));
    const said = segments.filter(({ kind }) => kind === "text").map(({ text }) => text);
    return citedIn(said.join("\n"), given).map((citation) => ({ citation, heading: "" }));
  }, [message]);
  if (found.length === 0) return null;
  return (
    <div className="mt-2.5 flex items-start gap-2" data-testid="sources">
      <span className="flex h-6 shrink-0 items-center text-ink-3 text-xs">{t("sources")}</span>
      <Citations label={t("sources")} all={found} />
    </div>
  );
}

function Citations({ label, all }: { label: string; all: readonly Cited[] }) {
  const names = useCollections();
  return (
    <ul aria-label={label} className="flex min-w-0 flex-wrap gap-1.5">
      {all.map(({ citation, heading }) => (
        <li key={citation} className="flex min-w-0 max-w-full">
          <Citation citation={citation} heading={heading} names={names} />
        </li>
      ))}
    </ul>
  );
}

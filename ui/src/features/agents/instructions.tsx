import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { run } from "@/api/client";
import { Area, Field } from "@/components/field";
import { group } from "@/lib/format";
import type { Editor } from "./use-editor";
import { unknownIn, Variables } from "./variables";
import { t } from "./words";

/** What the agent is told, and about how long that is. */
export function Instructions({ editor }: { editor: Editor }) {
  const text = editor.fields.instructions;
  const tokens = useEstimate(text);
  const area = useRef<HTMLTextAreaElement>(null);
  const unknown = unknownIn(text);
  return (
    <div className="flex flex-col gap-1">
      <Field
        label={t("instructions")}
        error={editor.faults.instructions}
        hint={
          <span className="flex justify-between gap-4">
            <span>
              {unknown === null ? t("instructionsHint") : t("variables.unknown", { name: unknown })}
            </span>
            {tokens !== null && (
              <span className="tnum whitespace-nowrap" title={t("tokensHint")} data-testid="tokens">
                {t("tokens", { count: tokens, n: group(tokens) })}
              </span>
            )}
          </span>
        }
      >
        {(ids) => (
          <Area
            {...ids}
            ref={area}
            rows={10}
            className="field-sizing-content max-h-[60vh] min-h-44"
            value={text}
            onChange={(event) => editor.set("instructions", event.target.value)}
          />
        )}
      </Field>
      <Variables into={area} />
    </div>
  );
}

/** Tokens by the app's own estimate, a moment after the last key. */
function useEstimate(text: string): number | null {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useQuery({
    queryKey: ["estimate", settled],
    queryFn: () => run("agent.estimate", { text: settled }),
    placeholderData: (before) => before,
    gcTime: 10_000,
  });
  return query.data?.tokens ?? null;
}

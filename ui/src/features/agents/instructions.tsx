import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { run } from "@/api/client";
import { Area, Field } from "@/components/field";
import { group } from "@/lib/format";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** What the agent is told, and about how long that is. */
export function Instructions({ editor }: { editor: Editor }) {
  const text = editor.fields.instructions;
  const tokens = useEstimate(text);
  return (
    <Field
      label={t("instructions")}
      error={editor.faults.instructions}
      hint={
        <span className="flex justify-between gap-4">
          <span>{t("instructionsHint")}</span>
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
          rows={10}
          className="field-sizing-content max-h-[60vh] min-h-44"
          value={text}
          onChange={(event) => editor.set("instructions", event.target.value)}
        />
      )}
    </Field>
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

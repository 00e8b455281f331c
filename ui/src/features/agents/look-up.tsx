import { useState } from "react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Input } from "@/components/field";
import { Citation } from "@/components/knowledge/citation";
import { t } from "./words";

/** Looks something up in a collection, as its agents do; what is found opens. */
export function LookUp({ name }: { name: string }) {
  const [text, setText] = useState("");
  const search = useCommand("knowledge.search");
  const ask = () => text.trim() !== "" && search.mutate({ names: [name], text: text.trim() });
  const found = search.data;
  return (
    <details className="mt-1 ml-6.5">
      <summary className="w-fit rounded-sm text-ink-2 text-xs leading-6 hover:underline">
        {t("lookUp")}
      </summary>
      <div className="mt-1.5 flex gap-2">
        <Input
          aria-label={t("lookUpIn", { name })}
          placeholder={t("lookUpPlaceholder")}
          value={text}
          onChange={(event) => setText(event.target.value)}
          // Enter would save the agent's form
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
            event.preventDefault();
            ask();
          }}
        />
        <Button busy={search.isPending} disabled={text.trim() === ""} onClick={ask}>
          {t("lookUpFind")}
        </Button>
      </div>
      {search.error && <FailureNote failure={search.error} />}
      {found?.length === 0 && (
        <p className="mt-2 text-ink-3 text-xs" role="status">
          {t("lookUpNothing")}
        </p>
      )}
      {found !== undefined && found.length > 0 && (
        <ul aria-label={t("lookUpFound")} className="mt-2 flex max-h-72 flex-col gap-2 overflow-y-auto">
          {found.map(({ citation, heading, text: said }) => (
            <li key={`${citation} ${said}`}>
              <Citation citation={citation} heading={heading} names={[name]} />
              <p className="mt-0.5 line-clamp-2 px-2 text-ink-3 text-xs [overflow-wrap:anywhere]">
                <bdi>{said}</bdi>
              </p>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

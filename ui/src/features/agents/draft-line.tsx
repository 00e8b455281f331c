import { useState } from "react";
import type { Agent } from "@/api/generated/types";
import { Button } from "@/components/button";
import { moment } from "@/lib/format";
import { changesOf } from "./changes";
import { Diff } from "./history";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Says that a saved draft is open, what programs have meanwhile, and where the two differ. */
export function DraftLine({ editor, agent }: { editor: Editor; agent: Agent | null }) {
  const [open, setOpen] = useState(false);
  const { saved } = editor;
  if (saved === null) return null;
  const when = moment(saved.saved_at);
  const changes = agent && changesOf(agent, saved.draft);
  const nothing = changes !== null && changes.fields.length + changes.instructions.length === 0;
  return (
    <section aria-label={t("draft.mark")} className="mb-4 border-line border-y py-1.5">
      <div className="flex flex-wrap items-center gap-x-2">
        <p role="status" className="min-w-0 flex-1 text-ink-2 text-xs">
          {agent ? t("draft.beside", { when, revision: agent.revision }) : t("draft.alone", { when })}
          {agent && saved.based_on !== agent.revision && (
            <> {t("draft.older", { revision: saved.based_on ?? 0 })}</>
          )}
        </p>
        {changes && (
          <Button small look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t("draft.compare")}
          </Button>
        )}
        <Button small look="quiet" disabled={!editor.clean || editor.busy} onClick={editor.discardDraft}>
          {t("draft.discard")}
        </Button>
      </div>
      {open && changes && (
        <div className="pt-2">
          {nothing ? (
            <p className="pb-1.5 text-ink-3 text-xs">{t("noChange")}</p>
          ) : (
            <Diff changes={changes} />
          )}
        </div>
      )}
    </section>
  );
}

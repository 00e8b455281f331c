import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import type { CompactionMode, MemoryMode, MemoryView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { memories } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { Choice } from "@/components/choice";
import { Area } from "@/components/field";
import { sayFailure, saySo } from "@/components/toasts";
import { date } from "@/lib/format";
import type { Editor } from "./use-editor";
import { t } from "./words";

const COMPACTIONS: readonly CompactionMode[] = ["off", "sessions", "always"];
const MODES: readonly MemoryMode[] = ["off", "window", "everywhere"];

/** Whether the agent remembers from one conversation to the next, and what it does. */
export function Memory({ editor }: { editor: Editor }) {
  const { fields, set, base } = editor;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-4">
        <p className="text-ink-3 text-xs">{t(`memoryHint.${fields.memory.mode}`)}</p>
        <Choice
          label={t("parts.memory")}
          value={fields.memory.mode}
          options={MODES.map((value) => ({ value, label: t(`memoryMode.${value}`) }))}
          onChange={(mode) => set("memory", { ...fields.memory, mode })}
        />
      </div>
      {base !== null && <Remembered agent={base.id} />}
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <p>{t("compaction")}</p>
          <p className="text-ink-3 text-xs">{t(`compactionHint.${fields.compaction.mode}`)}</p>
        </div>
        <Choice
          label={t("compaction")}
          value={fields.compaction.mode}
          options={COMPACTIONS.map((value) => ({ value, label: t(`compactionMode.${value}`) }))}
          onChange={(mode) => set("compaction", { ...fields.compaction, mode })}
        />
      </div>
    </div>
  );
}

function Remembered({ agent }: { agent: string }) {
  const all = useQuery(memories(agent)).data ?? [];
  if (all.length === 0) return null;
  return (
    <ul aria-label={t("remembered")} className="border-line border-b">
      {all.map((one) => (
        <Row key={one.id} memory={one} />
      ))}
    </ul>
  );
}

function Row({ memory: { id, text, client, created_at, uses, from_outside } }: { memory: MemoryView }) {
  const [typed, setTyped] = useState<string | null>(null);
  const edit = useCommand("memory.edit", { onError: sayFailure, onSuccess: () => setTyped(null) });
  const restore = useCommand("memory.restore", { onError: sayFailure });
  const forget = useCommand("memory.forget", {
    onError: sayFailure,
    onSuccess: () => saySo(t("forgotten"), () => restore.mutate({ memory: id })),
  });
  return (
    <li className="flex items-start justify-between gap-4 border-line border-t py-2">
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        {typed === null ? (
          <p>{text}</p>
        ) : (
          <>
            <Area
              aria-label={t("memoryEdit")}
              rows={2}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
            <span className="mt-1 mb-1.5 flex gap-2">
              <Button
                small
                busy={edit.isPending}
                disabled={typed.trim() === ""}
                onClick={() => edit.mutate({ memory: id, text: typed.trim() })}
              >
                {t("save")}
              </Button>
              <Button small look="quiet" onClick={() => setTyped(null)}>
                {t("cancel")}
              </Button>
            </span>
          </>
        )}
        <p className="text-ink-3 text-xs">
          {[date(created_at), client ?? t("memoryOwn"), t("memoryUses", { count: uses })].join(" · ")}
        </p>
        {from_outside !== null && (
          <p className="text-warn text-xs">{t("memoryOutside", { source: from_outside })}</p>
        )}
      </div>
      <span className="flex shrink-0 items-center gap-1">
        {typed === null && (
          <Button small look="quiet" onClick={() => setTyped(text)}>
            {t("memoryChange")}
          </Button>
        )}
        <IconButton small icon={X} label={t("forget")} onClick={() => forget.mutate({ memory: id })} />
      </span>
    </li>
  );
}

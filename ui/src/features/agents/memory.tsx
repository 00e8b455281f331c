import type { CompactionMode, MemoryMode } from "@/api/generated/types";
import { Choice } from "@/components/choice";
import { Remembered } from "./remembered";
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

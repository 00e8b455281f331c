import { FileUp, Plus } from "lucide-react";
import { useRef, useState } from "react";
import type { Agent, AgentFile } from "@/api/generated/types";
import { AgentIcon } from "@/components/agent-icon";
import { Button } from "@/components/button";
import { type Fields, fieldsOf } from "./draft";
import { fieldsLike, importAgent, textsOf } from "./files";
import { ImportDialog } from "./import-dialog";
import { starts } from "./starts";
import { t } from "./words";

interface GalleryProps {
  all: readonly Agent[];
  /** The first model that is known, for agents that begin without one. */
  target: string;
  onBegin: (fields: Fields) => void;
}

/** Agents to begin with: each opens as a form and is made when it is saved. */
export function Gallery({ all, target, onBegin }: GalleryProps) {
  const file = useRef<HTMLInputElement>(null);
  const [several, setSeveral] = useState<AgentFile[] | null>(null);
  const blank = () => onBegin({ ...fieldsOf(null), target });
  return (
    <>
      <header className="mb-5">
        <h2 className="font-semibold text-xl tracking-[-0.01em]">
          {t(all.length === 0 ? "none" : "create")}
        </h2>
        <p className="mt-1 text-ink-2">{t(all.length === 0 ? "noneText" : "galleryLead")}</p>
      </header>
      <ul className="grid grid-cols-1 gap-x-6 border-line border-t min-[1080px]:grid-cols-2">
        {starts().map((start) => (
          <li key={start.slug} className="border-line border-b">
            <button
              type="button"
              onClick={() => onBegin(fieldsLike({ ...start.draft(target) }, all))}
              className="focus-inset flex w-full items-center gap-3 rounded-md px-2 py-3 text-left hover:bg-hover"
            >
              <AgentIcon icon={start.icon} name={start.name} large />
              <span className="min-w-0">
                <span className="block font-medium">{start.name}</span>
                <span className="block text-ink-2 text-xs">{start.short}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div className="mt-5 flex gap-2">
        <Button icon={Plus} onClick={blank}>
          {t("blank")}
        </Button>
        <Button icon={FileUp} onClick={() => file.current?.click()}>
          {t("import")}
        </Button>
        <input
          ref={file}
          type="file"
          multiple
          accept=".toml,.json"
          aria-label={t("importFile")}
          className="sr-only"
          tabIndex={-1}
          onChange={async (event) => {
            const chosen = [...(event.target.files ?? [])];
            event.target.value = "";
            if (chosen.length > 1) {
              setSeveral(await textsOf(chosen));
              return;
            }
            const fields = chosen[0] && (await importAgent(chosen[0], all));
            if (fields) onBegin(fields);
          }}
        />
      </div>
      {several && <ImportDialog files={several} onClose={() => setSeveral(null)} />}
    </>
  );
}

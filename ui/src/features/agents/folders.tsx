import { Plus, X } from "lucide-react";
import type { AgentFolder } from "@/api/generated/types";
import { Button, IconButton } from "@/components/button";
import { Input } from "@/components/field";
import { Select } from "@/components/select";
import type { Editor } from "./use-editor";
import { t } from "./words";

const MAY = ["read", "write"] as const;

/** The folders that the agent's tools may go to, and what they may do there. */
export function Folders({ editor }: { editor: Editor }) {
  const { fields, faults, set } = editor;
  const put = (at: number, change: Partial<AgentFolder>) =>
    set(
      "folders",
      fields.folders.map((one, place) => (place === at ? { ...one, ...change } : one)),
    );
  const options = MAY.map((value) => ({ value, label: t(value === "read" ? "folderRead" : "folderWrite") }));
  return (
    <section aria-label={t("folders")}>
      <h4 className="font-medium">{t("folders")}</h4>
      <p className="mb-1.5 text-ink-3 text-xs">{t("foldersHint")}</p>
      {fields.folders.map(({ path, write }, at) => {
        const fault = faults[`folders.${at}`];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a folder is its place until it has a path
          <div key={at} className="mb-1.5">
            <div className="flex items-center gap-1.5">
              <Input
                mono
                aria-label={t("folderPath", { place: at + 1 })}
                aria-invalid={fault ? true : undefined}
                placeholder="/home/me/notes"
                value={path}
                onChange={(event) => put(at, { path: event.target.value })}
              />
              <Select
                label={t("folderMay", { place: at + 1 })}
                className="w-44! shrink-0"
                value={write ? "write" : "read"}
                options={options}
                onChange={(value) => put(at, { write: value === "write" })}
              />
              <IconButton
                small
                icon={X}
                label={t("folderRemove", { place: at + 1 })}
                onClick={() =>
                  set(
                    "folders",
                    fields.folders.filter((_, place) => place !== at),
                  )
                }
              />
            </div>
            {fault && (
              <p role="alert" className="mt-1 text-bad text-xs">
                {fault}
              </p>
            )}
          </div>
        );
      })}
      <Button
        small
        look="quiet"
        icon={Plus}
        className="-ml-2.5"
        onClick={() => set("folders", [...fields.folders, { path: "", write: false }])}
      >
        {t("folderAdd")}
      </Button>
    </section>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { run } from "@/api/client";
import type { AgentFile, AgentImported, Existing } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Loaded } from "@/components/page";
import { saySo } from "@/components/toasts";
import { t } from "./words";

const EXISTING: readonly Existing[] = ["skip", "update"];

interface ImportDialogProps {
  /** Several files that somebody chose. */
  files: AgentFile[];
  onClose: () => void;
}

/** What would become of several files; nothing is made before it was seen, and then all of it or nothing. */
export function ImportDialog({ files, onClose }: ImportDialogProps) {
  const [existing, setExisting] = useState<Existing>("skip");
  const query = useQuery({
    queryKey: ["agents", "import", files, existing],
    queryFn: () => run("agent.import", { files, existing, dry_run: true }),
  });
  const write = useCommand("agent.import", {
    onSuccess: ({ files, written }) => {
      if (!written) return;
      const n = files.filter((one) => one.becomes === "created" || one.becomes === "updated").length;
      saySo(t("several.done", { count: n, n }));
      onClose();
    },
  });
  const told = query.data?.files ?? [];
  const changes = told.some((one) => one.becomes === "created" || one.becomes === "updated");
  const wrong = told.some((one) => one.becomes === "failed");
  return (
    <Dialog
      wide
      open
      onClose={onClose}
      title={t("several.title", { count: files.length, n: files.length })}
      description={t("several.lead")}
      foot={
        <>
          <Button onClick={onClose}>{t("several.cancel")}</Button>
          <Button
            look="main"
            disabled={wrong || !changes}
            busy={write.isPending}
            onClick={() => write.mutate({ files, existing, dry_run: false })}
          >
            {t("several.make")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-3">
        <div className="flex items-center justify-between gap-4">
          <span>{t("several.existing")}</span>
          <Choice
            label={t("several.existing")}
            value={existing}
            options={EXISTING.map((value) => ({ value, label: t(`several.${value as "skip" | "update"}`) }))}
            onChange={setExisting}
          />
        </div>
        <Loaded query={query} rows={files.length}>
          {(imported) => (
            <ul className="border-line border-t">
              {imported.files.map((one) => (
                <File key={one.file} one={one} />
              ))}
            </ul>
          )}
        </Loaded>
        {wrong && <p className="text-warn text-xs">{t("several.wrong")}</p>}
        {write.error && <FailureNote failure={write.error} />}
      </div>
    </Dialog>
  );
}

function File({ one }: { one: AgentImported }) {
  return (
    <li className="flex items-baseline justify-between gap-4 border-line border-b py-1.5">
      <span className="min-w-0 font-mono text-xs [overflow-wrap:anywhere]">{one.file}</span>
      <span className={one.becomes === "failed" ? "text-bad text-xs" : "text-ink-2 text-xs"}>
        {one.failure ? one.failure.message : t(`several.becomes.${one.becomes}`)}
      </span>
    </li>
  );
}

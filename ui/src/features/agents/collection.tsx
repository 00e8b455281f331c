import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CollectionView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { unread } from "@/api/queries";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { sayFailure } from "@/components/toasts";
import { group } from "@/lib/format";
import { Notes, Roots } from "./collection-parts";
import { LookUp } from "./look-up";
import { t } from "./words";

interface CollectionProps {
  collection: CollectionView;
  used: boolean;
  onUse: (on: boolean) => void;
}

/** A collection of files: how it stands, what of it could not be read, and what can be done with it. */
export function Collection({ collection, used, onUse }: CollectionProps) {
  const { name, looking, done, of, files, failed } = collection;
  const [removing, setRemoving] = useState(false);
  const rescan = useCommand("knowledge.rescan", { onError: sayFailure });
  const remove = useCommand("knowledge.remove", {
    onSuccess: () => {
      setRemoving(false);
      if (used) onUse(false);
    },
  });
  const how = looking
    ? t("knowledgeReading", { done: group(done), of: group(of) })
    : t("knowledgeFiles", { count: files, n: group(files) });
  return (
    <div>
      <div className="flex items-start justify-between gap-4">
        <label className="flex min-w-0 items-start gap-2.5">
          <input
            type="checkbox"
            checked={used}
            className="check mt-0.5"
            onChange={(event) => onUse(event.target.checked)}
          />
          <span className="min-w-0 [overflow-wrap:anywhere]">
            <span className="font-mono text-xs">{name}</span>
            <span className="block text-ink-3 text-xs" role="status">
              {how}
            </span>
          </span>
        </label>
        <span className="flex shrink-0">
          <Button
            small
            look="quiet"
            aria-label={t("knowledgeRescanOf", { name })}
            busy={rescan.isPending}
            disabled={looking}
            onClick={() => rescan.mutate({ name })}
          >
            {t("knowledgeRescan")}
          </Button>
          <Button
            small
            look="quiet"
            aria-label={t("knowledgeRemoveOf", { name })}
            onClick={() => setRemoving(true)}
          >
            {t("knowledgeRemove")}
          </Button>
        </span>
      </div>
      <Roots collection={collection} />
      <Notes collection={collection} />
      {failed > 0 && <Unread name={name} failed={failed} />}
      {files > 0 && <LookUp name={name} />}
      <Confirm
        open={removing}
        onClose={() => setRemoving(false)}
        title={t("knowledgeRemoveTitle", { name })}
        text={t("knowledgeRemoveText")}
        action={t("knowledgeRemove")}
        busy={remove.isPending}
        failure={remove.error}
        onConfirm={() => remove.mutate({ name })}
      />
    </div>
  );
}

/** The files that could not be read, each with its reason. */
function Unread({ name, failed }: { name: string; failed: number }) {
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...unread(name), enabled: open });
  return (
    <details className="mt-1 ml-6.5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit rounded-sm text-warn text-xs leading-6 hover:underline">
        {t("knowledgeFailed", { count: failed, n: group(failed) })}
      </summary>
      {query.error && <FailureNote failure={query.error} onRetry={() => query.refetch()} />}
      {query.data && (
        <ul className="mt-1 max-h-48 overflow-y-auto text-xs">
          {query.data.unread.map(({ path, reason }) => (
            <li key={path} className="py-0.5 [overflow-wrap:anywhere]">
              <span className="font-mono">{path}</span> <span className="text-ink-3">{reason}</span>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

import { X } from "lucide-react";
import type { CollectionView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { IconButton } from "@/components/button";
import { sayFailure, saySo } from "@/components/toasts";
import { group } from "@/lib/format";
import { t } from "./words";

/** Where a collection's files lie; one of several can be taken out, and put back. */
export function Roots({ collection: { name, roots } }: { collection: CollectionView }) {
  const add = useCommand("knowledge.add", { onError: sayFailure });
  const remove = useCommand("knowledge.remove", {
    onError: sayFailure,
    onSuccess: (_, { path }) =>
      path != null && saySo(t("knowledgeRootGone", { path }), () => add.mutate({ name, paths: [path] })),
  });
  return (
    <ul aria-label={t("knowledgeRoots", { name })} className="ml-6.5 text-ink-3 text-xs">
      {roots.map((path) => (
        <li key={path} className="flex min-h-6 items-center gap-1">
          <span className="min-w-0 font-mono [overflow-wrap:anywhere]">
            <bdi>{path}</bdi>
          </span>
          {roots.length > 1 && (
            <IconButton
              small
              className="size-6"
              icon={X}
              label={t("knowledgeRootRemove", { path })}
              disabled={remove.isPending}
              onClick={() => remove.mutate({ name, path })}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

/** How its files are found, and what stands in the way. */
export function Notes({ collection }: { collection: CollectionView }) {
  const { embedding_model: model, embedded, passages, unembedded, watched, problems, files } = collection;
  const found =
    model === null
      ? t("knowledgeByWords")
      : t("knowledgeByMeaning", { model, done: group(embedded), of: group(passages) });
  return (
    <div className="ml-6.5 text-ink-3 text-xs [overflow-wrap:anywhere]">
      {files > 0 && <p>{found}</p>}
      {!watched && <p>{t("knowledgeUnwatched")}</p>}
      {unembedded !== null && <p className="text-warn">{t("knowledgeUnembedded", { why: unembedded })}</p>}
      {problems.map((problem) => (
        <p key={problem} className="text-warn">
          <bdi>{problem}</bdi>
        </p>
      ))}
    </div>
  );
}

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCommand } from "@/api/mutations";
import { folders as foldersQuery } from "@/api/queries";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { cx } from "@/lib/cx";
import { group } from "@/lib/format";
import { t } from "./words";

interface MoveDialogProps {
  session: string;
  /** The folder that it lies in. */
  folder: string | null;
  onClose: () => void;
}

/** Puts a session into a folder: one that is there, or a new one. */
export function MoveDialog({ session, folder, onClose }: MoveDialogProps) {
  const [name, setName] = useState("");
  const known = useQuery(foldersQuery).data ?? [];
  const move = useCommand("session.move", { onSuccess: onClose });
  const put = (to: string | null) => move.mutate({ session, folder: to });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("moveTitle")}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            look="main"
            busy={move.isPending}
            disabled={name.trim() === ""}
            onClick={() => put(name.trim())}
          >
            {t("move")}
          </Button>
        </>
      }
    >
      {move.error && <FailureNote failure={move.error} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") put(name.trim());
        }}
      >
        <Field label={t("newFolder")}>
          {(ids) => (
            <Input {...ids} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
      </form>
      {(known.length > 0 || folder !== null) && (
        <ul aria-label={t("folders")} className="mt-3 max-h-56 overflow-y-auto border-line border-t">
          {known.map((one) => (
            <li key={one.name} className="border-line border-b">
              <FolderButton current={one.name === folder} onClick={() => put(one.name)}>
                <span className="min-w-0 flex-1 truncate">{one.name}</span>
                <span className="tnum text-ink-3 text-xs">{group(one.sessions)}</span>
              </FolderButton>
            </li>
          ))}
          {folder !== null && (
            <li>
              <FolderButton current={false} onClick={() => put(null)}>
                {t("noFolder")}
              </FolderButton>
            </li>
          )}
        </ul>
      )}
    </Dialog>
  );
}

function FolderButton({
  current,
  onClick,
  children,
}: {
  current: boolean;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button
      type="button"
      aria-current={current || undefined}
      disabled={current}
      className={cx(
        "focus-inset flex h-9 w-full items-center gap-2 px-1 text-left hover:bg-hover",
        current && "font-medium",
      )}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

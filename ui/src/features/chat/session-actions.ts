import { useNavigate, useParams } from "@tanstack/react-router";
import { ClipboardCopy, FolderInput, Pencil, Pin, PinOff, Trash2 } from "lucide-react";
import { run } from "@/api/client";
import type { SessionRow } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { copyText } from "@/components/copy";
import type { MenuEntry } from "@/components/menu";
import { sayFailure, saySo } from "@/components/toasts";
import { titleOf } from "@/lib/title";
import { failed } from "@/platform";
import { t } from "./words";

interface Asking {
  rename: (row: SessionRow) => void;
  move: (row: SessionRow) => void;
}

/** What can be done with a session, in the list and at its head alike. */
export function useSessionActions({ rename, move }: Asking): (row: SessionRow) => MenuEntry[] {
  const navigate = useNavigate();
  const open = useParams({ strict: false }).session;
  const pin = useCommand("session.pin", { onError: sayFailure });
  const remove = useCommand("session.delete", { onError: sayFailure });

  const removeIt = (row: SessionRow) =>
    remove.mutate(
      { session: row.id },
      {
        onSuccess: () => {
          const wasOpen = open === row.id;
          if (wasOpen) navigate({ to: "/chat" });
          saySo(t("removed", { title: titleOf(row.title) }), () =>
            // the row is gone by then, so not through its own mutation
            run("session.restore", { session: row.id })
              .then(() => {
                if (wasOpen) navigate({ to: "/chat/$session", params: { session: row.id } });
              })
              .catch((error) => sayFailure(failed(error))),
          );
        },
      },
    );
  const copyAll = (row: SessionRow) =>
    run("session.export", { session: row.id, format: "markdown" })
      .then(({ text }) => copyText(text))
      .then(() => saySo(t("copied")))
      .catch((error) => sayFailure(failed(error)));

  return (row) => [
    { label: t("rename"), icon: Pencil, run: () => rename(row) },
    {
      label: row.pinned ? t("unpin") : t("pin"),
      icon: row.pinned ? PinOff : Pin,
      run: () => pin.mutate({ session: row.id, pinned: !row.pinned }),
    },
    { label: t("moveTo"), icon: FolderInput, run: () => move(row) },
    { label: t("copyAll"), icon: ClipboardCopy, run: () => copyAll(row) },
    { label: t("remove"), icon: Trash2, bad: true, run: () => removeIt(row) },
  ];
}

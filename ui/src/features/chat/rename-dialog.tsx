import { useState } from "react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { t } from "./words";

/** Gives a session a name, from the list. */
export function RenameDialog({
  session,
  title,
  onClose,
}: {
  session: string;
  title: string;
  onClose: () => void;
}) {
  const [name, setName] = useState(title);
  const rename = useCommand("session.rename", { onSuccess: onClose });
  const can = name.trim() !== "";
  const save = () => can && rename.mutate({ session, title: name.trim() });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("rename")}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button look="main" busy={rename.isPending} disabled={!can} onClick={save}>
            {t("rename")}
          </Button>
        </>
      }
    >
      {rename.error && <FailureNote failure={rename.error} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label={t("title")}>
          {(ids) => (
            <Input
              {...ids}
              maxLength={200}
              value={name}
              onFocus={(event) => event.target.select()}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}

import { type FormEvent, useEffect, useState } from "react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { t } from "./words";

/** What the command wants to hear; what the person types is in their own language. */
const WORDS = "delete everything";

/** Asks for the words before everything is deleted. */
export function Erase({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const erase = useCommand("data.erase", { onSuccess: onClose });
  const { reset } = erase;
  useEffect(() => {
    if (!open) return;
    setTyped("");
    reset();
  }, [open, reset]);
  const said = typed.trim().toLowerCase() === t("eraseWords").toLowerCase();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (said) erase.mutate({ confirm: WORDS });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("eraseTitle")}
      description={t("eraseText")}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button look="bad" type="submit" form="erase" disabled={!said} busy={erase.isPending}>
            {t("eraseDo")}
          </Button>
        </>
      }
    >
      <form id="erase" onSubmit={submit} className="flex flex-col gap-3 pb-1">
        <Field label={t("eraseSay", { words: t("eraseWords") })}>
          {(ids) => <Input {...ids} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        {erase.error && <FailureNote failure={erase.error} />}
      </form>
    </Dialog>
  );
}

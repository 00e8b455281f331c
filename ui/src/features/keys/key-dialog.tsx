import { type FormEvent, useEffect, useState } from "react";
import type { ClientKeyView, CreatedClientKey } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Basics } from "./basics";
import { changing, creating, type Fault, faultsOf, formOf, type KeyForm, NEW_FORM } from "./form";
import { More } from "./more";
import { t } from "./words";

interface KeyDialogProps {
  open: boolean;
  /** The key to change; without one a key is made. */
  row?: ClientKeyView;
  onClose: () => void;
  onCreated?: (key: CreatedClientKey) => void;
}

const NONE: ReadonlyMap<string, Fault> = new Map();

/** Makes a key, or changes what one may do. */
export function KeyDialog({ open, row, onClose, onCreated }: KeyDialogProps) {
  const [form, setForm] = useState<KeyForm>(NEW_FORM);
  const [tried, setTried] = useState(false);
  const create = useCommand("key.create", { onSuccess: onCreated });
  const update = useCommand("key.update", { onSuccess: onClose });
  const { reset: resetCreate } = create;
  const { reset: resetUpdate } = update;
  // the form begins when it is opened; what changes behind it meanwhile must not wipe what was typed
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!open) return;
    setForm(row ? formOf(row) : NEW_FORM);
    setTried(false);
    resetCreate();
    resetUpdate();
  }, [open, resetCreate, resetUpdate]);
  const faults = faultsOf(form);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (faults.size > 0) return;
    if (row) update.mutate(changing(row.id, form));
    else create.mutate(creating(form));
  };
  const part = {
    form,
    faults: tried ? faults : NONE,
    set: (change: Partial<KeyForm>) => setForm((old) => ({ ...old, ...change })),
  };
  const failure = create.error ?? update.error;
  const id = row ? `key-${row.id}` : "key-new";
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={row ? t("form.editTitle", { name: row.name }) : t("form.createTitle")}
      foot={
        <>
          <Button onClick={onClose}>{t("form.cancel")}</Button>
          <Button look="main" type="submit" form={id} busy={create.isPending || update.isPending}>
            {t(row ? "form.save" : "form.make")}
          </Button>
        </>
      }
    >
      <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-4 pb-1">
        <Basics {...part} until={row?.expires_at ?? null} />
        <More {...part} />
        {failure && <FailureNote failure={failure} />}
      </form>
    </Dialog>
  );
}

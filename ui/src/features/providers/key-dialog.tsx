import { useId, useState } from "react";
import type { ProviderView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { t } from "./words";

interface KeyDialogProps {
  provider: ProviderView;
  open: boolean;
  onClose: () => void;
  /** The key is in the vault. */
  onSaved: () => void;
}

/** Gives a provider its key, or another one. */
export function KeyDialog({ provider, open, onClose, onSaved }: KeyDialogProps) {
  const [key, setKey] = useState("");
  const form = useId();
  const close = () => {
    setKey("");
    onClose();
  };
  const save = useCommand("provider.set_key", {
    onSuccess: () => {
      close();
      onSaved();
    },
  });
  return (
    <Dialog
      open={open}
      onClose={close}
      title={t("setKeyTitle", { name: provider.name })}
      description={provider.key_hint === null ? undefined : t("replaces", { hint: provider.key_hint })}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button look="main" type="submit" form={form} busy={save.isPending} disabled={key.trim() === ""}>
            {t("saveKey")}
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ id: provider.id, key: key.trim() });
        }}
      >
        <Field label={t("key")} hint={t("keyHint")}>
          {(ids) => (
            <Input
              {...ids}
              mono
              type="password"
              autoComplete="off"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        {save.error && (
          <div className="mt-3">
            <FailureNote failure={save.error} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

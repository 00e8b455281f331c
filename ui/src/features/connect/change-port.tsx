import { type FormEvent, useEffect, useState } from "react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { saySo } from "@/components/toasts";
import { t } from "./words";

/** Another port, tried before it is kept. */
export function ChangePort({ open, onClose, port }: { open: boolean; onClose: () => void; port: number }) {
  const [text, setText] = useState(String(port));
  const value = Number(text);
  const good = /^\d{4,5}$/.test(text) && value >= 1024 && value <= 65535;
  const set = useCommand("settings.set", {
    onSuccess: () => {
      onClose();
      saySo(t("portSaved", { port: text }));
    },
  });
  const attempt = useCommand("endpoint.try_port", { onSuccess: () => set.mutate({ port: value }) });
  const { reset } = attempt;
  useEffect(() => {
    if (!open) return;
    setText(String(port));
    reset();
  }, [open, port, reset]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (good) attempt.mutate({ port: value });
  };
  const failure = attempt.error ?? set.error;
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("portTitle")}
      description={t("portText")}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button
            look="main"
            type="submit"
            form="change-port"
            disabled={!good}
            busy={attempt.isPending || set.isPending}
          >
            {t("portSave")}
          </Button>
        </>
      }
    >
      <form id="change-port" onSubmit={submit} noValidate>
        <Field label={t("port")} error={good ? null : t("portBad")}>
          {(ids) => (
            <Input
              {...ids}
              inputMode="numeric"
              className="tnum w-28!"
              value={text}
              onChange={(event) => {
                setText(event.target.value.trim());
                reset();
              }}
            />
          )}
        </Field>
        {failure && (
          <div className="mt-3">
            <FailureNote failure={failure} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

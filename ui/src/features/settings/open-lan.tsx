import { Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import type { LanStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { whole } from "./number-line";
import { t } from "./words";

const HOURS = ["1", "8", "24"] as const;
const PORT = 4745;
const port = whole(1024, 65535);

interface OpenLanProps {
  open: boolean;
  onClose: () => void;
  status: LanStatus;
  /** How many client keys open the door. */
  keys: number;
}

/** Says what it means before the endpoint is opened to other machines, and for how long. */
export function OpenLan({ open, onClose, status, keys }: OpenLanProps) {
  const now = status.state === "open" ? status.port : PORT;
  const [hours, setHours] = useState<(typeof HOURS)[number]>("8");
  const [text, setText] = useState(String(now));
  const act = useCommand("endpoint.lan_open", { onSuccess: onClose });
  const { reset } = act;
  useEffect(() => {
    if (!open) return;
    setText(String(now));
    reset();
  }, [open, now, reset]);
  const value = port(text.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value !== undefined)
      act.mutate({ seconds: Number(hours) * 3600, port: value, new_certificate: false });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("lanTitle")}
      description={t("lanText")}
      foot={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button
            look="bad"
            type="submit"
            form="open-lan"
            disabled={keys === 0 || value === undefined}
            busy={act.isPending}
          >
            {t("lanDo")}
          </Button>
        </>
      }
    >
      <form id="open-lan" onSubmit={submit} noValidate className="flex flex-col gap-3 pb-1">
        {keys === 0 && (
          <p>
            {t("lanNoKey")}{" "}
            <Link to="/connect" className="underline decoration-edge underline-offset-2">
              {t("lanMakeKey")}
            </Link>
          </p>
        )}
        <div>
          <div className="mb-1 font-medium">{t("lanFor")}</div>
          <Choice
            label={t("lanFor")}
            value={hours}
            options={HOURS.map((value) => ({ value, label: t("lanHours", { count: Number(value) }) }))}
            onChange={setHours}
          />
        </div>
        <Field label={t("lanPort")} error={value === undefined ? t("portBad") : null}>
          {(ids) => (
            <Input
              {...ids}
              inputMode="numeric"
              className="tnum w-28!"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
        {act.error && <FailureNote failure={act.error} />}
      </form>
    </Dialog>
  );
}

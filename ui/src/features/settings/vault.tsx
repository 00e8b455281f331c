import { useState } from "react";
import type { VaultStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { Dot } from "@/components/page";
import { sayFailure } from "@/components/toasts";
import { t } from "./words";

/** Whether keys can be had, and the way to open or close the vault. */
export function Vault({ status }: { status: VaultStatus }) {
  const [passphrase, setPassphrase] = useState("");
  const unlock = useCommand("vault.unlock", { onSuccess: () => setPassphrase("") });
  const lock = useCommand("vault.lock", { onError: sayFailure });
  const open = status.state === "available";
  return (
    <form
      className="border-line border-t py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        unlock.mutate({ passphrase: status.kind === "passphrase" ? passphrase : null });
      }}
    >
      <div className="flex items-center justify-between gap-4">
        <p className="flex items-center gap-2">
          <Dot tone={open ? "good" : status.state === "locked" ? "warn" : "bad"} />
          {t(`states.${status.kind}.${status.state}`)}
        </p>
        {open
          ? status.kind === "passphrase" && (
              <Button small busy={lock.isPending} onClick={() => lock.mutate({})}>
                {t("lock")}
              </Button>
            )
          : status.kind !== "passphrase" && (
              <Button small type="submit" busy={unlock.isPending}>
                {t("unlock")}
              </Button>
            )}
      </div>
      {!open && status.kind === "passphrase" && (
        <div className="mt-2 flex items-end gap-2">
          <Field label={t("passphrase")} className="flex-1">
            {(ids) => (
              <Input
                {...ids}
                type="password"
                value={passphrase}
                onChange={(event) => setPassphrase(event.target.value)}
              />
            )}
          </Field>
          <Button look="main" type="submit" busy={unlock.isPending} disabled={passphrase === ""}>
            {t("unlock")}
          </Button>
        </div>
      )}
      {unlock.error && (
        <div className="mt-2">
          <FailureNote failure={unlock.error} />
        </div>
      )}
    </form>
  );
}

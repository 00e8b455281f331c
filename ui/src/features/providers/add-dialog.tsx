import { useState } from "react";
import type { DetectedServer } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ProviderForm, type ProviderStart } from "@/components/provider-form";
import { saySo } from "@/components/toasts";
import { t } from "./words";

interface AddDialogProps {
  open: boolean;
  server: DetectedServer | null;
  /** What the form begins with. */
  start?: ProviderStart;
  taken?: ReadonlySet<string>;
  onClose: () => void;
}

const NONE: ReadonlySet<string> = new Set();

export function AddDialog({ open, server, start, taken = NONE, onClose }: AddDialogProps) {
  const [busy, setBusy] = useState(false);
  // a provider that was just added takes its own name away
  const [names] = useState(taken);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={server ? t("addNamed", { name: server.name }) : t("addTitle")}
      foot={
        <>
          <Button onClick={onClose}>{t("close")}</Button>
          <Button look="main" type="submit" form="add-provider" busy={busy}>
            {busy ? t("testing") : t("check")}
          </Button>
        </>
      }
    >
      <ProviderForm
        id="add-provider"
        server={server}
        start={start}
        taken={names}
        onBusy={setBusy}
        onDone={(provider) => {
          saySo(t("worksNow", { name: provider.name }));
          onClose();
        }}
      />
    </Dialog>
  );
}

import { useState } from "react";
import type { DetectedServer } from "@/api/generated/types";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { ProviderForm } from "@/components/provider-form";
import { saySo } from "@/components/toasts";
import { t } from "./words";

interface AddDialogProps {
  open: boolean;
  server: DetectedServer | null;
  taken: ReadonlySet<string>;
  onClose: () => void;
}

export function AddDialog({ open, server, taken, onClose }: AddDialogProps) {
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

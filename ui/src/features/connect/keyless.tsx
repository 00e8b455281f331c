import { ShieldAlert } from "lucide-react";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { sayFailure, saySo } from "@/components/toasts";
import { t } from "./words";

/** Said loudly while programs may call without a key. */
export function Keyless() {
  const set = useCommand("settings.set", {
    onSuccess: () => saySo(t("keyless.ended")),
    onError: sayFailure,
  });
  return (
    <div role="alert" className="mt-5 flex items-start gap-3 rounded-md bg-bad-wash px-3.5 py-3">
      <ShieldAlert size={20} strokeWidth={1.75} className="mt-0.5 shrink-0 text-bad" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{t("keyless.title")}</p>
        <p className="text-ink-2">{t("keyless.text")}</p>
      </div>
      <Button busy={set.isPending} onClick={() => set.mutate({ no_key_on_loopback: false })}>
        {t("keyless.end")}
      </Button>
    </div>
  );
}

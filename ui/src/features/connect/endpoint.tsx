import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EndpointStatus, OllamaPortStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { settings } from "@/api/queries";
import { Button } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { Dot } from "@/components/page";
import { sayFailure, saySo } from "@/components/toasts";
import { ChangePort } from "./change-port";
import { t } from "./words";

interface EndpointProps {
  endpoint: EndpointStatus;
  /** The second port, for clients that look for Ollama. */
  ollama: OllamaPortStatus;
}

/** Where programs call, and whether they can. */
export function Endpoint({ endpoint, ollama }: EndpointProps) {
  const [changing, setChanging] = useState(false);
  const wished = useQuery(settings).data?.port ?? null;
  const set = useCommand("settings.set", { onError: sayFailure });
  if (endpoint.state === "failed") return <FailureNote failure={endpoint.failure} />;
  if (endpoint.state === "stopped") {
    return (
      <div className="border-line border-y py-3">
        <p className="flex items-center gap-2">
          <Dot tone="off" />
          {t("stopped")}
        </p>
        <p className="pl-[15px] text-ink-3 text-xs">{t("stoppedText")}</p>
      </div>
    );
  }
  const { port } = endpoint;
  const keep = () => set.mutate({ port }, { onSuccess: () => saySo(t("portSaved", { port })) });
  return (
    <div className="border-line border-y py-3">
      <p className="flex items-center gap-2 text-ink-2">
        <Dot tone="alive" />
        {t("listening")}
      </p>
      <div className="mt-1 flex flex-wrap items-center gap-1">
        <code className="selectable min-w-0 text-lg [overflow-wrap:anywhere]" data-testid="base-url">
          {endpoint.base_url}
        </code>
        <CopyIcon text={endpoint.base_url} label={t("copy")} />
        <span className="flex-1" />
        <Button small onClick={() => setChanging(true)}>
          {t("changePort")}
        </Button>
      </div>
      {ollama.state === "listening" && ollama.port !== port && (
        <p className="mt-1 text-ink-2 text-xs">{t("ollama", { url: `http://127.0.0.1:${ollama.port}` })}</p>
      )}
      {ollama.state === "failed" && <p className="mt-1 text-warn text-xs">{ollama.failure.message}</p>}
      {endpoint.instead_of !== null && wished !== port && (
        <p className="mt-1 flex items-center gap-3 text-warn text-xs">
          {t("insteadOf", { port: endpoint.instead_of, now: port })}
          <Button small busy={set.isPending} onClick={keep}>
            {t("keepPort", { port })}
          </Button>
        </p>
      )}
      {wished !== null && wished !== port && wished !== endpoint.instead_of && (
        <p className="mt-1 text-ink-2 text-xs">{t("nextStart", { port: wished })}</p>
      )}
      <ChangePort open={changing} onClose={() => setChanging(false)} port={wished ?? port} />
    </div>
  );
}

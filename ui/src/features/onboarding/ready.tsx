import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Agent, SessionId } from "@/api/generated/types";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { Probe } from "@/components/connect/probe";
import { useSecrets } from "@/components/connect/secrets";
import { ToolPanel } from "@/components/connect/tool-panel";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { Dot } from "@/components/page";
import { endProgress } from "./progress";
import { t } from "./words";

interface ReadyProps {
  agent: Agent;
  session: SessionId;
  onLeave: () => void;
}

/** The endpoint that was there all along, and the first program. */
export function Ready({ agent, session, onLeave }: ReadyProps) {
  const navigate = useNavigate();
  const endpoint = useQuery(status).data?.endpoint;
  const secrets = useSecrets();
  return (
    <section className="mt-8 border-line border-t pt-6" data-testid="ready">
      <h2 className="font-semibold text-lg">{t("readyTitle")}</h2>
      <p className="mt-1 text-ink-2">{t("readyText")}</p>
      {endpoint?.state === "failed" && (
        <div className="mt-3">
          <FailureNote failure={endpoint.failure} />
        </div>
      )}
      {endpoint?.state === "listening" && (
        <>
          <p className="mt-3 flex items-center gap-2">
            <Dot tone="alive" />
            <code className="selectable text-base" data-testid="base-url">
              {endpoint.base_url}
            </code>
            <CopyIcon text={endpoint.base_url} label={t("copyAddress")} />
          </p>
          <h3 className="mt-6 font-semibold">{t("programs")}</h3>
          <p className="mb-3 text-ink-2">{t("programsText")}</p>
          <ToolPanel agent={agent.slug} secrets={secrets}>
            <Probe />
          </ToolPanel>
        </>
      )}
      <div className="mt-5 flex gap-2">
        <Button
          look="main"
          onClick={() => {
            endProgress();
            navigate({ to: "/chat/$session", params: { session } });
          }}
        >
          {t("finish")}
        </Button>
        <Button
          onClick={() => {
            onLeave();
            navigate({ to: "/connect" });
          }}
        >
          {t("toConnect")}
        </Button>
      </div>
    </section>
  );
}

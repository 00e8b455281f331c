import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { agents, status } from "@/api/queries";
import { Button } from "@/components/button";
import { Probe } from "@/components/connect/probe";
import { type Secrets, useSecrets } from "@/components/connect/secrets";
import { ToolPanel } from "@/components/connect/tool-panel";
import { Empty, Loaded, Page, Section } from "@/components/page";
import { Endpoint } from "./endpoint";
import { Keyless } from "./keyless";
import { t } from "./words";

/** The endpoint's address, how programs are pointed at it, and the client keys (`children`). */
export function ConnectScreen({
  agent,
  children,
}: {
  /** The agent to begin with. */
  agent?: string;
  children: (secrets: Secrets) => ReactNode;
}) {
  const query = useQuery(status);
  const secrets = useSecrets();
  return (
    <Page title={t("title")} lead={t("lead")} width="reading">
      <Loaded query={query} rows={1}>
        {(app) => (
          <>
            <Endpoint endpoint={app.endpoint} ollama={app.ollama_port} />
            {app.no_key_on_loopback && <Keyless />}
            <div className="mt-9">
              <Section title={t("tools.title")} lead={t("tools.lead")}>
                <Programs agent={agent} secrets={secrets} listening={app.endpoint.state === "listening"} />
              </Section>
              {children(secrets)}
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Programs({ agent, secrets, listening }: { agent?: string; secrets: Secrets; listening: boolean }) {
  const query = useQuery(agents);
  const navigate = useNavigate();
  return (
    <Loaded query={query}>
      {(list) =>
        list.length === 0 ? (
          <Empty
            title={t("tools.noAgents")}
            action={
              <Button onClick={() => navigate({ to: "/agents/$agent", params: { agent: "new" } })}>
                {t("tools.makeAgent")}
              </Button>
            }
          >
            {t("tools.noAgentsText")}
          </Empty>
        ) : (
          <ToolPanel agent={agent} secrets={secrets}>
            {listening && <Probe />}
          </ToolPanel>
        )
      }
    </Loaded>
  );
}

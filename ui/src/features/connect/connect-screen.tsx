import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { EndpointStatus } from "@/api/generated/types";
import { agents, status } from "@/api/queries";
import { Code } from "@/components/code";
import { CopyIcon } from "@/components/copy";
import { FailureNote } from "@/components/failure";
import { Dot, Loaded, Page, Section } from "@/components/page";
import { Select } from "@/components/select";
import { cx } from "@/lib/cx";
import { SNIPPETS } from "./snippets";
import { t } from "./words";

/** The endpoint's address, the client keys (`children`), and how programs are pointed at it. */
export function ConnectScreen({ agent, children }: { agent: string | null; children: ReactNode }) {
  const query = useQuery(status);
  return (
    <Page title={t("title")} lead={t("lead")}>
      <Loaded query={query} rows={1}>
        {({ endpoint }) => (
          <>
            <Endpoint endpoint={endpoint} />
            <div className="mt-9">{children}</div>
            {endpoint.state === "listening" && <Snippets base={endpoint.base_url} agent={agent} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Endpoint({ endpoint }: { endpoint: EndpointStatus }) {
  if (endpoint.state === "failed") return <FailureNote failure={endpoint.failure} />;
  if (endpoint.state === "stopped") return <p className="text-ink-2">{t("stopped")}</p>;
  return (
    <div className="border-line border-y py-3">
      <div className="flex items-center gap-2">
        <Dot tone="alive" />
        <span className="text-ink-2">{t("listening")}</span>
      </div>
      <div className="mt-1 flex items-center gap-1">
        <code className="selectable text-lg" data-testid="base-url">
          {endpoint.base_url}
        </code>
        <CopyIcon text={endpoint.base_url} label={t("copy")} />
      </div>
      {endpoint.instead_of !== null && (
        <p className="text-warn text-xs">{t("insteadOf", { port: endpoint.instead_of })}</p>
      )}
    </div>
  );
}

function Snippets({ base, agent }: { base: string; agent: string | null }) {
  const list = useQuery(agents).data ?? [];
  const [chosen, setChosen] = useState(agent);
  const [shown, setShown] = useState(SNIPPETS[0]?.id);
  const model = chosen ?? list[0]?.slug ?? "AGENT";
  const snippet = SNIPPETS.find((one) => one.id === shown);
  return (
    <div className="mt-9">
      <Section
        title={t("snippets")}
        lead={t("keyNote")}
        actions={
          list.length > 0 && (
            <Select
              quiet
              label={t("agent")}
              value={model}
              options={list.map((agent) => ({ value: agent.slug, label: agent.name, hint: agent.slug }))}
              onChange={setChosen}
            />
          )
        }
      >
        <div role="tablist" aria-label={t("snippets")} className="mb-2 flex gap-0.5">
          {SNIPPETS.map((one) => (
            <button
              key={one.id}
              type="button"
              role="tab"
              aria-selected={one.id === shown}
              onClick={() => setShown(one.id)}
              className={cx(
                "h-7 rounded-md px-2.5 text-xs transition-colors duration-100",
                one.id === shown ? "bg-press/80 font-medium" : "text-ink-2 hover:bg-hover",
              )}
            >
              {one.name}
            </button>
          ))}
        </div>
        {snippet && <Code text={snippet.text(base, model)} name={snippet.where} />}
      </Section>
    </div>
  );
}

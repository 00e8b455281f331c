import { useQuery } from "@tanstack/react-query";
import type { AppStatus } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, status } from "@/api/queries";
import { Button } from "@/components/button";
import { CopyIcon } from "@/components/copy";
import { Dot } from "@/components/page";
import { Select } from "@/components/select";
import { sayFailure, saySo } from "@/components/toasts";
import { NumberLine, whole } from "./number-line";
import { Line, Part, type PartProps, useChange } from "./part";
import { t } from "./words";

const DEFAULT_PORT = 4645;
const port = whole(1024, 65535);
const optionalPort = whole(1024, 65535, 0);

export function Endpoint({ now }: PartProps) {
  const change = useChange();
  const move = useCommand("settings.set", {
    onSuccess: ({ port }) => saySo(t("portMoved", { port: port ?? DEFAULT_PORT })),
    onError: sayFailure,
  });
  const app = useQuery(status).data;
  const known = useQuery(agents).data ?? [];
  const byDefault = known.find(({ id, slug }) => id === now.default_agent || slug === now.default_agent);
  const second = app?.ollama_port;
  return (
    <Part name="endpoint">
      {app && <State endpoint={app.endpoint} />}
      <Line label={t("defaultAgent")} hint={t("defaultAgentHint")}>
        <Select
          label={t("defaultAgent")}
          className="w-full"
          value={byDefault?.id ?? ""}
          options={[
            { value: "", label: t("nobody") },
            ...known.map((agent) => ({ value: agent.id as string, label: agent.name, hint: agent.slug })),
          ]}
          onChange={(agent) => change({ default_agent: agent })}
        />
      </Line>
      <NumberLine
        key={`port-${now.port}`}
        label={t("port")}
        hint={t("portHint")}
        badHint={t("portBad")}
        value={now.port ?? DEFAULT_PORT}
        read={port}
        onSave={(value) => move.mutate({ port: value })}
      />
      <NumberLine
        key={`ollama-${now.ollama_port}`}
        label={t("ollamaPort")}
        hint={second?.state === "failed" ? second.failure.message : t("ollamaPortHint")}
        badHint={t("portBad")}
        placeholder={t("off")}
        value={now.ollama_port}
        read={optionalPort}
        onSave={(value) => change({ ollama_port: value })}
      />
    </Part>
  );
}

/** Whether programs are answered, with the switch for it. */
function State({ endpoint }: { endpoint: AppStatus["endpoint"] }) {
  const pause = useCommand("endpoint.pause", { onError: sayFailure });
  const resume = useCommand("endpoint.resume", { onError: sayFailure });
  if (endpoint.state !== "listening") {
    const text = endpoint.state === "failed" ? endpoint.failure.message : t("stopped");
    return (
      <Line
        label={
          <span className="flex items-center gap-2">
            <Dot tone={endpoint.state === "failed" ? "bad" : "off"} />
            {text}
          </span>
        }
      />
    );
  }
  return (
    <Line
      label={
        <span className="flex items-center gap-2">
          <Dot tone={endpoint.paused ? "warn" : "alive"} />
          {t(endpoint.paused ? "paused" : "listening")}
        </span>
      }
      hint={
        <span className="-ml-px flex items-center gap-0.5">
          <code className="selectable">{endpoint.base_url}</code>
          <CopyIcon text={endpoint.base_url} label={t("copyAddress")} />
        </span>
      }
    >
      {endpoint.paused ? (
        <Button look="main" busy={resume.isPending} onClick={() => resume.mutate({})}>
          {t("resume")}
        </Button>
      ) : (
        <Button busy={pause.isPending} onClick={() => pause.mutate({})}>
          {t("pause")}
        </Button>
      )}
    </Line>
  );
}

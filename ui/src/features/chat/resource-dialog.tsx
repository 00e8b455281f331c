import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { McpServerView } from "@/api/generated/types";
import { mcpResources } from "@/api/mcp";
import { useCommand } from "@/api/mutations";
import { Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Input } from "@/components/field";
import { Offers } from "./offers";
import { t } from "./words";

interface ResourceDialogProps {
  servers: readonly McpServerView[];
  onTake: (file: File) => void;
  onClose: () => void;
}

/** Chooses something that a server lets be read. It is read when it is chosen, and becomes a file of text. */
export function ResourceDialog({ servers, onTake, onClose }: ResourceDialogProps) {
  const [find, setFind] = useState("");
  const read = useCommand("mcp.resource");
  const take = (server: string, uri: string, name: string) =>
    read.mutate(
      { id: server, uri },
      { onSuccess: ({ text }) => onTake(new File([text], name || uri, { type: "text/plain" })) },
    );
  return (
    <Dialog open wide onClose={onClose} title={t("attachResource")} description={t("fromServers")}>
      <Input
        aria-label={t("findResource")}
        placeholder={t("findResource")}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <div className="pt-3 pb-4">
        {read.error && <FailureNote failure={read.error} />}
        {servers.map((server) => (
          <ResourcesOf key={server.id} server={server} find={find} busy={read.isPending} take={take} />
        ))}
      </div>
    </Dialog>
  );
}

interface ResourcesOfProps {
  server: McpServerView;
  find: string;
  busy: boolean;
  take: (server: string, uri: string, name: string) => void;
}

function ResourcesOf({ server, find, busy, take }: ResourcesOfProps) {
  const query = useQuery(mcpResources(server.id));
  const all = query.data ?? [];
  const offers = all.map(({ uri, name, description }) => ({
    id: uri,
    name: name || uri,
    about: [uri, description].filter(Boolean).join(" · "),
  }));
  const choose = (uri: string) => take(server.id, uri, all.find((one) => one.uri === uri)?.name ?? "");
  return <Offers server={server} query={query} offers={offers} find={find} busy={busy} onChoose={choose} />;
}

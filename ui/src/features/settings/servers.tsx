import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { mcpServers } from "@/api/mcp";
import { Button } from "@/components/button";
import { Loaded } from "@/components/page";
import { AddServer } from "./add-server";
import { Part } from "./part";
import { ServerRow } from "./server-row";
import { t } from "./words";

/** Programs of others whose tools agents may use, by the Model Context Protocol. */
export function Servers() {
  const query = useQuery(mcpServers);
  const [adding, setAdding] = useState(false);
  return (
    <Part
      name="servers"
      lead={t("serversLead")}
      actions={<Button onClick={() => setAdding(true)}>{t("serverAdd")}</Button>}
    >
      <Loaded query={query} rows={2}>
        {(all) =>
          all.length === 0 ? (
            <p className="border-line border-y py-4 text-ink-2">{t("serversNone")}</p>
          ) : (
            <ul className="border-line border-b">
              {all.map((server) => (
                <ServerRow key={server.id} server={server} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {adding && <AddServer onClose={() => setAdding(false)} />}
    </Part>
  );
}

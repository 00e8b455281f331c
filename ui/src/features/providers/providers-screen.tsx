import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { DetectedServer } from "@/api/generated/types";
import { detected, providers } from "@/api/queries";
import { Button } from "@/components/button";
import { Empty, Loaded, Page, Section } from "@/components/page";
import { AddDialog } from "./add-dialog";
import { ProviderRow } from "./provider-row";
import { t } from "./words";

export function ProvidersScreen() {
  const [adding, setAdding] = useState<DetectedServer | true | null>(null);
  const query = useQuery(providers);
  const servers = useQuery(detected).data ?? [];
  const add = (
    <Button look="main" icon={Plus} onClick={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={(query.data?.length ?? 0) > 0 && add}>
      <Loaded query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("none")} action={add}>
              {t("noneText")}
            </Empty>
          ) : (
            <div className="border-line border-t">
              {rows.map((row) => (
                <ProviderRow key={row.id} provider={row} />
              ))}
            </div>
          )
        }
      </Loaded>
      {servers.length > 0 && (
        <div className="mt-9">
          <Section title={t("detected")}>
            <div className="border-line border-t">
              {servers.map((server) => (
                <div
                  key={server.base_url}
                  className="flex min-h-13 items-center gap-3 border-line border-b py-2"
                >
                  <div className="min-w-0 flex-1">
                    <p className="font-medium">{server.name}</p>
                    <p className="truncate font-mono text-2xs text-ink-3">
                      {server.base_url}
                      {server.models.length > 0 && ` · ${server.models.slice(0, 3).join(", ")}`}
                    </p>
                  </div>
                  <Button small onClick={() => setAdding(server)}>
                    {t("addThis")}
                  </Button>
                </div>
              ))}
            </div>
          </Section>
        </div>
      )}
      <AddDialog
        key={adding === null ? "closed" : "open"}
        open={adding !== null}
        server={adding === true ? null : adding}
        taken={new Set(query.data?.map((row) => row.id))}
        onClose={() => setAdding(null)}
      />
    </Page>
  );
}

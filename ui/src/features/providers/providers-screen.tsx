import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { DetectedServer } from "@/api/generated/types";
import { detected, providerHealth, providers } from "@/api/queries";
import { Button } from "@/components/button";
import { Empty, Loaded, Page } from "@/components/page";
import { AddDialog } from "./add-dialog";
import { Detected } from "./detected";
import { ProviderRow } from "./provider-row";
import { t } from "./words";

/** Where models come from. */
export function ProvidersScreen() {
  const [adding, setAdding] = useState<DetectedServer | true | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const query = useQuery(providers);
  const health = useQuery(providerHealth).data;
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
                <ProviderRow
                  key={row.id}
                  provider={row}
                  health={health?.find((one) => one.id === row.id)}
                  open={open === row.id}
                  onOpen={(on) => setOpen(on ? row.id : null)}
                />
              ))}
            </div>
          )
        }
      </Loaded>
      {servers.length > 0 && <Detected servers={servers} onAdd={setAdding} />}
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

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { Input } from "@/components/field";
import { Loaded } from "@/components/page";
import { Table } from "@/components/table";
import { t } from "./words";

interface Licence {
  name: string;
  version: string;
  licence: string;
}

const read = async (): Promise<Licence[]> => {
  const { default: list } = await import("./licences.json");
  return list;
};

/** What the app is made of, and under which licences. */
export function Licences({ open, onClose }: { open: boolean; onClose: () => void }) {
  const query = useQuery({ queryKey: ["licences"], queryFn: read, enabled: open });
  const [find, setFind] = useState("");
  const wanted = find.trim().toLowerCase();
  return (
    <Dialog wide open={open} onClose={onClose} title={t("licences")} description={t("licencesLead")}>
      <Input
        aria-label={t("licencesFind")}
        placeholder={t("licencesFind")}
        value={find}
        onChange={(event) => setFind(event.target.value)}
      />
      <div className="h-[46vh] overflow-y-auto pt-2 pb-4">
        <Loaded query={query}>
          {(list) => (
            <Table
              look="dense"
              className="text-xs"
              caption={t("licences")}
              columns={[
                { head: t("licencesName") },
                { head: t("version"), quiet: true },
                { head: t("licence"), quiet: true },
              ]}
              rows={list
                .filter(({ name, licence }) => `${name} ${licence}`.toLowerCase().includes(wanted))
                .map(({ name, version, licence }) => ({
                  key: `${name} ${version}`,
                  cells: [<code key="name">{name}</code>, version, licence],
                }))}
            />
          )}
        </Loaded>
      </div>
    </Dialog>
  );
}

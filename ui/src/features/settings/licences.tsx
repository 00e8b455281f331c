import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog } from "@/components/dialog";
import { Input } from "@/components/field";
import { Loaded } from "@/components/page";
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
            <table className="w-full text-xs">
              <thead className="text-left text-2xs text-ink-3">
                <tr>
                  <th className="py-1 font-normal">{t("licencesName")}</th>
                  <th className="py-1 font-normal">{t("version")}</th>
                  <th className="py-1 font-normal">{t("licence")}</th>
                </tr>
              </thead>
              <tbody>
                {list
                  .filter(({ name, licence }) => `${name} ${licence}`.toLowerCase().includes(wanted))
                  .map(({ name, version, licence }) => (
                    <tr key={`${name} ${version}`} className="border-line border-t">
                      <td className="py-1 pr-3 font-mono">{name}</td>
                      <td className="tnum py-1 pr-3 text-ink-2">{version}</td>
                      <td className="py-1 text-ink-2">{licence}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </div>
    </Dialog>
  );
}

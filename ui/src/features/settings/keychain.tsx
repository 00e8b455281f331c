import { useQuery } from "@tanstack/react-query";
import type { VaultKind } from "@/api/generated/types";
import { status } from "@/api/queries";
import { Select } from "@/components/select";
import { Line, Part, type PartProps, useChange } from "./part";
import { Vault } from "./vault";
import { t } from "./words";

const VAULTS: readonly VaultKind[] = ["os", "passphrase", "memory"];

/** Where provider keys lie. */
export function Keychain({ now }: PartProps) {
  const change = useChange();
  const vault = useQuery(status).data?.vault;
  const next = now.vault ?? vault?.kind ?? "os";
  return (
    <Part name="vault" lead={t("vaultLead")}>
      {vault && <Vault status={vault} />}
      <Line label={t("kind")} hint={vault && next !== vault.kind ? t("kindNext") : t("kindHint")}>
        <Select
          label={t("kind")}
          className="w-full"
          value={next}
          options={VAULTS.map((value) => ({ value, label: t(`kinds.${value}`) }))}
          onChange={(kind) => change({ vault: kind })}
        />
      </Line>
    </Part>
  );
}

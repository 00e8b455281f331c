import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { VaultChanged, VaultStatus } from "@/api/generated/types";
import { status } from "@/api/queries";
import { Button } from "@/components/button";
import { MoveKeys } from "./move-keys";
import { Line, Part, type PartProps } from "./part";
import { Vault } from "./vault";
import { t } from "./words";

/** Where provider keys lie, and the way to another place. */
export function Keychain(_: PartProps) {
  const vault = useQuery(status).data?.vault;
  return (
    <Part name="vault" lead={t("vaultLead")}>
      {vault && <Kept vault={vault} />}
    </Part>
  );
}

function Kept({ vault }: { vault: VaultStatus }) {
  const [asking, setAsking] = useState(false);
  const [moved, setMoved] = useState<VaultChanged | null>(null);
  const open = vault.state === "available";
  return (
    <>
      <Vault status={vault} />
      <Line
        label={
          <>
            {t("kind")} <span className="ml-1 text-ink-2">{t(`kinds.${vault.kind}`)}</span>
          </>
        }
        hint={open ? t("kindHint") : t("moveShut")}
      >
        <Button disabled={!open} onClick={() => setAsking(true)}>
          {t("moveAsk")}
        </Button>
      </Line>
      {moved && (
        <div role="status" className="border-line border-t py-2.5 text-ink-2">
          <p>{result(moved)}</p>
          {moved.left_behind && <p>{t("movedLeft")}</p>}
        </div>
      )}
      <MoveKeys open={asking} onClose={() => setAsking(false)} from={vault.kind} onMoved={setMoved} />
    </>
  );
}

const result = ({ providers }: VaultChanged): string =>
  providers.length === 0
    ? t("movedNone")
    : t("moved", { count: providers.length, providers: providers.join(", ") });

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { exposure, status } from "@/api/queries";
import { Button } from "@/components/button";
import { Confirm } from "@/components/dialog";
import { Dot, Loaded } from "@/components/page";
import { Table } from "@/components/table";
import { group, since } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { Lan } from "./lan";
import { Line, Part, type PartProps, useChange } from "./part";
import { reason } from "./refusals";
import { t } from "./words";

/** Who can reach the app, and who tried. */
export function Exposure({ now }: PartProps) {
  const query = useQuery(exposure);
  const lan = useQuery(status).data?.lan;
  const [asking, setAsking] = useState(false);
  const change = useChange();
  const clock = useNow(30_000);
  return (
    <Part name="exposure" lead={t(lan?.state === "open" ? "exposureLeadLan" : "exposureLead")}>
      <Loaded query={query} rows={3}>
        {(view) => (
          <>
            <Line label={t("addresses")} hint={t("addressesHint")}>
              <ul className="text-right font-mono text-xs">
                {view.addresses.length === 0 && <li>{t("none")}</li>}
                {view.addresses.map((address) => (
                  <li key={address} className="selectable">
                    {address}
                  </li>
                ))}
              </ul>
            </Line>
            {lan && <Lan status={lan} keys={view.keys} />}
            <Line
              label={t("keys")}
              hint={view.keys_any_model > 0 ? t("keysAnyModel", { count: view.keys_any_model }) : undefined}
            >
              <Link to="/connect" className="tnum underline decoration-edge underline-offset-2">
                {t("keyCount", { count: view.keys })}
              </Link>
            </Line>
            <Line label={t("origins")} hint={t("originsHint")}>
              <ul className="min-w-0 text-right font-mono text-xs [overflow-wrap:anywhere]">
                {view.origins.length === 0 && <li className="font-sans text-sm">{t("none")}</li>}
                {view.origins.map((origin) => (
                  <li key={origin}>{origin}</li>
                ))}
              </ul>
            </Line>
            <Line
              label={
                now.no_key_on_loopback ? (
                  <span className="flex items-center gap-2">
                    <Dot tone="bad" />
                    {t("keylessOn")}
                  </span>
                ) : (
                  t("keyless")
                )
              }
              hint={t("keylessHint")}
            >
              {now.no_key_on_loopback ? (
                <Button look="main" onClick={() => change({ no_key_on_loopback: false })}>
                  {t("keylessStop")}
                </Button>
              ) : (
                <Button onClick={() => setAsking(true)}>{t("keylessAllow")}</Button>
              )}
            </Line>
            <div className="border-line border-y py-3">
              <h3>{t("refused")}</h3>
              {view.refused.length === 0 ? (
                <p className="text-ink-3 text-xs">{t("refusedNone")}</p>
              ) : (
                <Table
                  noHeads
                  look="plain"
                  className="mt-1.5"
                  caption={t("refused")}
                  columns={[
                    { head: t("refusedWhy"), quiet: true },
                    { head: t("refusedCount"), quiet: true, figure: true },
                    { head: t("refusedLast"), quiet: true, figure: true, className: "w-32" },
                  ]}
                  rows={view.refused.map(({ kind, count, last_at }) => ({
                    key: kind,
                    cells: [reason(kind), group(count), since(last_at, clock)],
                  }))}
                />
              )}
            </div>
          </>
        )}
      </Loaded>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={t("keylessTitle")}
        text={t("keylessText")}
        action={t("keylessAllow")}
        onConfirm={() => {
          change({ no_key_on_loopback: true });
          setAsking(false);
        }}
      />
    </Part>
  );
}

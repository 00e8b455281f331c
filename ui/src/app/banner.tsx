import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { approvals } from "@/api/approvals";
import { useCommand } from "@/api/mutations";
import { status } from "@/api/queries";
import { useLost } from "@/api/reach";
import { t as say } from "@/approvals/words";
import { Button } from "@/components/button";
import { sayFailure } from "@/components/toasts";
import { ApprovalActions, Review } from "@/features/approvals/actions";
import { moment } from "@/lib/format";
import { platform } from "@/platform";
import { t } from "./words";

/** What concerns every screen: other machines can connect, what waits for an approval, and what does not work. */
export function Banner() {
  return (
    <>
      <OpenToOthers />
      <ToApprove />
      <Trouble />
    </>
  );
}

/** Stays for as long as other machines can reach the endpoint. */
function OpenToOthers() {
  const lan = useQuery(status).data?.lan;
  const close = useCommand("endpoint.lan_close", { onError: sayFailure });
  if (lan?.state !== "open") return null;
  return (
    <Line text={t("banner.lan", { time: moment(lan.until) })}>
      <Button small busy={close.isPending} onClick={() => close.mutate({})}>
        {t("banner.closeLan")}
      </Button>
    </Line>
  );
}

/** What waits for an approval and does not stand on the screen already. */
function ToApprove() {
  const all = useQuery(approvals).data ?? [];
  const { pathname } = useLocation();
  const here = (session: string | null) => session !== null && pathname === `/chat/${session}`;
  const waiting = all.filter((one) => !here(one.session) && pathname !== `/activity/${one.call}`);
  const [first] = waiting;
  if (first === undefined || pathname === "/activity") return null;
  if (waiting.length === 1)
    return (
      <Line text={say("waits", { agent: first.agent_name })}>
        <ApprovalActions approval={first} />
      </Line>
    );
  return (
    <Line text={say("several", { count: waiting.length })}>
      <Review />
    </Line>
  );
}

/** The app does not answer, the database cannot be written, the vault is locked. */
function Trouble() {
  const { data, error, refetch } = useQuery(status);
  if (useLost())
    return (
      <Line text={t("banner.lost")}>
        <Button small onClick={() => platform.retry()}>
          {t("banner.retry")}
        </Button>
      </Line>
    );
  if (error)
    return (
      <Line text={error.message}>
        <Button small onClick={() => refetch()}>
          {t("banner.again")}
        </Button>
      </Line>
    );
  if (data?.read_only) return <Line text={t("banner.readOnly")} />;
  if (data?.vault.state === "locked")
    return (
      <Line text={t("banner.locked")}>
        <Link to="/settings" className="underline underline-offset-2">
          {t("banner.unlock")}
        </Link>
      </Line>
    );
  if (data?.vault.state === "absent")
    return (
      <Line text={t("banner.noVault")}>
        <Link to="/settings" className="underline underline-offset-2">
          {t("banner.seeSettings")}
        </Link>
      </Line>
    );
  return null;
}

function Line({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div
      role="status"
      className="flex min-h-9 shrink-0 items-center gap-3 border-line border-b bg-ember-wash px-5 py-1 text-ink"
    >
      <span>{text}</span>
      {children}
    </div>
  );
}

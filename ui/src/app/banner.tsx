import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { status } from "@/api/queries";
import { useLost } from "@/api/reach";
import { Button } from "@/components/button";
import { platform } from "@/platform";
import { t } from "./words";

/** What concerns every screen: the app does not answer, the database cannot be written, the vault is locked. */
export function Banner() {
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

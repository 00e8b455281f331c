import { Link } from "@tanstack/react-router";
import type { FailureKind } from "@/api/generated/types";
import { t } from "./words";

const underlined = "underline decoration-edge underline-offset-2 hover:decoration-ink";

/** The place where a failure can be mended, when that is in this window. */
export function FailureHelp({ kind }: { kind: FailureKind }) {
  switch (kind) {
    case "provider_key_missing":
    case "provider_key_rejected":
    case "provider_quota_exceeded":
    case "weights_missing":
      return (
        <Link to="/providers" className={underlined}>
          {t("toProviders")}
        </Link>
      );
    case "secret_store_locked":
    case "secret_store_absent":
      return (
        <Link to="/settings" className={underlined}>
          {t("toSettings")}
        </Link>
      );
    case "model_not_found":
    case "budget_exceeded":
      return (
        <Link to="/agents" className={underlined}>
          {t("toAgents")}
        </Link>
      );
    case "context_too_long":
      return (
        <Link to="/chat" search={{ fresh: Date.now() }} className={underlined}>
          {t("startAnew")}
        </Link>
      );
    case "upstream_unreachable":
    case "upstream_timeout":
      return navigator.onLine ? null : <p className="text-ink-2">{t("offline")}</p>;
    default:
      return null;
  }
}

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { status } from "@/api/queries";
import { t } from "./words";

/** What concerns every screen: the vault is locked, the database cannot be written, the app does not answer. */
export function Banner() {
  const { data, error, refetch } = useQuery(status);
  const line = error
    ? {
        text: error.message,
        action: (
          <button type="button" className="underline" onClick={() => refetch()}>
            {t("banner.again")}
          </button>
        ),
      }
    : data?.read_only
      ? {
          text: t("banner.readOnly"),
          action: null,
        }
      : data?.vault.state === "locked"
        ? {
            text: t("banner.locked"),
            action: (
              <Link to="/settings" className="underline">
                {t("banner.unlock")}
              </Link>
            ),
          }
        : data?.vault.state === "absent"
          ? {
              text: t("banner.noVault"),
              action: (
                <Link to="/settings" className="underline">
                  {t("banner.seeSettings")}
                </Link>
              ),
            }
          : null;
  if (line === null) return null;
  return (
    <div
      role="status"
      className="flex shrink-0 items-center gap-3 border-line border-b bg-ember-wash px-5 py-1.5 text-ink"
    >
      <span>{line.text}</span>
      {line.action}
    </div>
  );
}

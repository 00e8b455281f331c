import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { status } from "@/api/queries";

/** What concerns every screen: the vault is locked, the database cannot be written, the app does not answer. */
export function Banner() {
  const { data, error, refetch } = useQuery(status);
  const line = error
    ? {
        text: error.message,
        action: (
          <button type="button" className="underline" onClick={() => refetch()}>
            Try again
          </button>
        ),
      }
    : data?.read_only
      ? {
          text: "This data was written by a newer Inglenook. Everything can be read, nothing can be changed.",
          action: null,
        }
      : data?.vault.state === "locked"
        ? {
            text: "The vault is locked, so providers that need a key cannot answer.",
            action: (
              <Link to="/settings" className="underline">
                Unlock
              </Link>
            ),
          }
        : data?.vault.state === "absent"
          ? {
              text: "There is no vault for provider keys on this machine.",
              action: (
                <Link to="/settings" className="underline">
                  See settings
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

import type { UseQueryResult } from "@tanstack/react-query";
import type { McpServerView } from "@/api/generated/types";
import { FailureNote } from "@/components/failure";
import { Waiting } from "@/components/page";
import { t } from "./words";

/** Something of a server, as a person chooses it. All of it was written by others. */
export interface Offer {
  readonly id: string;
  readonly name: string;
  readonly about: string;
}

interface OffersProps {
  server: McpServerView;
  query: UseQueryResult<unknown>;
  offers: readonly Offer[];
  /** What is looked for. */
  find: string;
  /** Nothing can be chosen right now. */
  busy: boolean;
  onChoose: (id: string) => void;
}

/** What a server has, under its name. */
export function Offers({ server, query, offers, find, busy, onChoose }: OffersProps) {
  const wanted = find.trim().toLowerCase();
  const fits = offers.filter(({ id, name, about }) =>
    `${id}\n${name}\n${about}`.toLowerCase().includes(wanted),
  );
  return (
    <section aria-label={server.name} className="not-first:mt-4">
      <h3 className="mb-1 font-medium text-ink-2 text-xs">
        <bdi>{server.name}</bdi>
      </h3>
      {query.isPending && <Waiting rows={1} />}
      {query.error && <FailureNote failure={query.error as never} onRetry={() => query.refetch()} />}
      {query.isSuccess && fits.length === 0 && (
        <p className="text-ink-3 text-xs">{t(offers.length === 0 ? "serverHasNone" : "serverHasNoSuch")}</p>
      )}
      <ul>
        {fits.map(({ id, name, about }) => (
          <li key={id}>
            <button
              type="button"
              disabled={busy}
              className="-mx-2 block w-[calc(100%+1rem)] cursor-pointer rounded-md px-2 py-1.5 text-left hover:bg-hover disabled:cursor-default"
              onClick={() => onChoose(id)}
            >
              <span className="block truncate">
                <bdi>{name}</bdi>
              </span>
              {about !== "" && (
                <span className="line-clamp-2 text-ink-3 text-xs [overflow-wrap:anywhere]">
                  <bdi>{about}</bdi>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

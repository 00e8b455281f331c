import { ContextMenu } from "@base-ui/react/context-menu";
import { Link } from "@tanstack/react-router";
import { Pin } from "lucide-react";
import type { ReactElement } from "react";
import type { SearchHit, SessionRow } from "@/api/generated/types";
import { ClientIcon } from "@/components/client-icon";
import { type MenuEntry, MenuItems } from "@/components/menu";
import { overlay } from "@/components/select";
import { cx } from "@/lib/cx";
import { ago, cost, short } from "@/lib/format";
import { titleOf } from "@/lib/title";
import { AgentName } from "./agent-name";
import { t } from "./words";

// the ember says: you are here
const rowLook = (open: boolean) =>
  cx(
    "focus-inset relative flex h-full flex-col justify-center rounded-md px-2.5 hover:bg-hover",
    open &&
      "bg-hover before:absolute before:inset-y-3 before:left-0 before:w-0.5 before:rounded-full before:bg-ember",
  );

/** Who holds it, and what it took. */
function Took({ row }: { row: SessionRow }) {
  const tokens = row.usage.input + row.usage.output;
  const figures =
    row.calls > 0 && tokens > 0
      ? [t("tokens", { n: short(tokens) }), cost(row.cost, row.unknown_cost)].map((one) => ` · ${one}`)
      : [];
  return (
    <span className="tnum flex min-w-0 items-center text-ink-3 text-xs">
      {row.client === null && row.agent_slug !== null ? (
        <AgentName slug={row.agent_slug} className="max-w-[65%] shrink-0" />
      ) : (
        <span className="max-w-[65%] shrink-0 truncate">{row.client ?? t("rawModel")}</span>
      )}
      <span className="min-w-0 truncate whitespace-pre">{figures.join("")}</span>
    </span>
  );
}

interface RowProps {
  row: SessionRow;
  open: boolean;
  now: number;
  entries: (row: SessionRow) => MenuEntry[];
}

/** A session in the list; its menu opens by the other mouse button or the menu key. */
export function Row({ row, open, now, entries }: RowProps) {
  return (
    <WithMenu entries={() => entries(row)}>
      <Link
        to="/chat/$session"
        params={{ session: row.id }}
        data-row={row.id}
        aria-current={open ? "page" : undefined}
        className={rowLook(open)}
      >
        <span className="flex items-baseline gap-2">
          {row.client && <ClientIcon name={row.client} icon={row.client_icon} className="self-center" />}
          <span className={cx("bidi min-w-0 flex-1 truncate", open && "font-medium")}>
            {titleOf(row.title)}
          </span>
          {row.streaming ? (
            <span
              className="size-[7px] shrink-0 self-center rounded-full bg-ember"
              role="img"
              aria-label={t("answering")}
            />
          ) : (
            <>
              {row.pinned && (
                <Pin
                  size={12}
                  strokeWidth={1.75}
                  className="shrink-0 self-center text-ink-3"
                  aria-label={t("pinned")}
                />
              )}
              <time className="tnum shrink-0 text-2xs text-ink-3">{ago(row.updated_at, now)}</time>
            </>
          )}
        </span>
        <Took row={row} />
      </Link>
    </WithMenu>
  );
}

function WithMenu({ entries, children }: { entries: () => MenuEntry[]; children: ReactElement }) {
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger className="block h-full">{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Positioner className="z-50">
          <ContextMenu.Popup className={cx(overlay, "min-w-44 p-1")}>
            <MenuItems entries={entries()} />
          </ContextMenu.Popup>
        </ContextMenu.Positioner>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A title in pieces, those that were looked for among them. */
export function piecesOf(title: string, query: string): Array<{ text: string; hit: boolean }> {
  const needle = query.trim();
  if (needle === "") return [{ text: title, hit: false }];
  return title
    .split(new RegExp(`(${escaped(needle)})`, "i"))
    .map((text, at) => ({ text, hit: at % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

interface HitProps {
  hit: SearchHit;
  query: string;
  /** Whether it is where the thread was opened. */
  open: boolean;
  now: number;
}

/** A place where something was said; it opens there. */
export function Hit({ hit, query, open, now }: HitProps) {
  const { session } = hit;
  return (
    <Link
      to="/chat/$session"
      params={{ session: session.id }}
      search={hit.message === null ? {} : { at: hit.message }}
      data-row={session.id}
      className={rowLook(open)}
    >
      <span className="flex items-baseline gap-2">
        {session.client && (
          <ClientIcon name={session.client} icon={session.client_icon} className="self-center" />
        )}
        <span className="bidi min-w-0 flex-1 truncate">
          <Pieces pieces={piecesOf(titleOf(session.title), query)} />
        </span>
        <time className="tnum shrink-0 text-2xs text-ink-3">{ago(session.updated_at, now)}</time>
      </span>
      <span className="bidi line-clamp-2 text-ink-3 text-xs [overflow-wrap:anywhere]">
        {hit.message === null ? <Took row={session} /> : <Pieces pieces={hit.snippet} />}
      </span>
    </Link>
  );
}

function Pieces({ pieces }: { pieces: ReadonlyArray<{ text: string; hit: boolean }> }) {
  return pieces.map((piece, at) =>
    piece.hit ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other identity
      <mark key={at} className="rounded-[2px] bg-ember-wash font-medium text-ink">
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { Agent } from "@/api/generated/types";
import { agents } from "@/api/queries";
import { AgentIcon } from "@/components/agent-icon";
import { IconButton } from "@/components/button";
import { Loaded } from "@/components/page";
import { cx } from "@/lib/cx";
import { AgentForm } from "./agent-form";
import { NEW, useKept } from "./kept";
import { NewAgent } from "./new-agent";
import { t } from "./words";

/** All agents at the left, the chosen one at the right. */
export function AgentsScreen({ agent }: { agent: string | null }) {
  const query = useQuery(agents);
  const navigate = useNavigate();
  const list = query.data ?? [];
  const shown = list.find((one) => one.id === agent || one.slug === agent);
  const making = agent === NEW || (query.data !== undefined && list.length === 0);
  return (
    <div className="group flex h-full">
      <aside
        aria-label={t("title")}
        className="flex h-full w-56 shrink-0 flex-col border-line border-r bg-canvas max-[1100px]:w-48 max-[1100px]:group-has-data-pane:hidden min-[1400px]:w-64"
      >
        <header className="flex h-13 shrink-0 items-center justify-between pr-2 pl-4.5">
          <h1 className="font-semibold text-base">{t("title")}</h1>
          <IconButton
            icon={Plus}
            label={t("create")}
            onClick={() => navigate({ to: "/agents/$agent", params: { agent: NEW } })}
          />
        </header>
        <nav aria-label={t("title")} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
          <Loaded query={query}>{(rows) => <Rows rows={rows} open={shown?.id ?? agent} />}</Loaded>
        </nav>
      </aside>
      <main className="h-full min-w-0 flex-1" aria-label={shown?.name ?? t("create")}>
        {making ? (
          query.data && <NewAgent key={NEW} all={list} />
        ) : shown ? (
          <AgentForm key={shown.id} agent={shown} all={list} />
        ) : (
          query.data && <p className="px-8 pt-7 text-ink-3">{agent === null ? t("pick") : t("gone")}</p>
        )}
      </main>
    </div>
  );
}

function Rows({ rows, open }: { rows: readonly Agent[]; open: string | null }) {
  const kept = useKept();
  const begun = kept[NEW];
  return (
    <>
      {begun && (
        <Row
          to={NEW}
          open={open === NEW}
          icon={<AgentIcon icon={begun.fields.icon} name={begun.fields.name} />}
          name={begun.fields.name.trim() || t("create")}
          note={t("unsaved")}
          unsaved
        />
      )}
      {rows.map((row) => (
        <Row
          key={row.id}
          to={row.id}
          open={row.id === open}
          icon={<AgentIcon icon={row.icon} name={row.name} />}
          name={row.name}
          note={`${row.slug} · ${row.target}`}
          unsaved={kept[row.id] !== undefined}
        />
      ))}
    </>
  );
}

interface RowProps {
  to: string;
  open: boolean;
  icon: React.ReactNode;
  name: string;
  note: string;
  unsaved: boolean;
}

function Row({ to, open, icon, name, note, unsaved }: RowProps) {
  return (
    <Link
      to="/agents/$agent"
      params={{ agent: to }}
      aria-current={open ? "page" : undefined}
      className={cx(
        "focus-inset relative flex h-[54px] items-center gap-2.5 rounded-md px-2.5 hover:bg-hover",
        // the ember says: you are here
        open &&
          "bg-hover before:absolute before:inset-y-3 before:left-0 before:w-0.5 before:rounded-full before:bg-ember",
      )}
    >
      {icon}
      <span className="min-w-0 flex-1">
        <span className={cx("bidi block truncate", open && "font-medium")}>{name}</span>
        <span className={cx("block truncate font-mono text-2xs", open ? "text-ink-2" : "text-ink-3")}>
          {note}
        </span>
      </span>
      {unsaved && (
        <span className="size-[7px] shrink-0 rounded-full bg-warn" title={t("unsaved")}>
          <span className="sr-only">{t("unsaved")}</span>
        </span>
      )}
    </Link>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import type { Agent } from "@/api/generated/types";
import { agents } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { Empty, Loaded } from "@/components/page";
import { cx } from "@/lib/cx";
import { AgentForm } from "./agent-form";
import { t } from "./words";

/** All agents at the left, the chosen one at the right. */
export function AgentsScreen({ agent }: { agent: string | null }) {
  const query = useQuery(agents);
  const navigate = useNavigate();
  const list = query.data ?? [];
  const shown = list.find((one) => one.id === agent || one.slug === agent);
  const create = () => navigate({ to: "/agents/$agent", params: { agent: "new" } });
  return (
    <div className="flex h-full">
      <aside
        aria-label={t("title")}
        className="flex h-full w-64 shrink-0 flex-col border-line border-r bg-canvas lg:w-72"
      >
        <header className="flex h-13 shrink-0 items-center justify-between pr-2 pl-4.5">
          <h1 className="font-semibold text-base">{t("title")}</h1>
          <IconButton icon={Plus} label={t("create")} onClick={create} />
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
          <Loaded query={query}>
            {(rows) => rows.map((row) => <Row key={row.id} row={row} open={row.id === shown?.id} />)}
          </Loaded>
        </div>
      </aside>
      <main className="h-full min-w-0 flex-1 overflow-y-auto" aria-label={shown?.name ?? t("create")}>
        <div className="mx-auto max-w-[40rem] px-5 pt-7 pb-12 lg:px-8">
          {agent === "new" ? (
            <AgentForm key="new" agent={null} all={list} />
          ) : shown ? (
            <AgentForm key={shown.id} agent={shown} all={list} />
          ) : query.data === undefined ? null : list.length === 0 ? (
            <Empty
              title={t("none")}
              action={
                <Button look="main" icon={Plus} onClick={create}>
                  {t("create")}
                </Button>
              }
            >
              {t("noneText")}
            </Empty>
          ) : (
            <p className="pt-1 text-ink-3">{agent === null ? t("pick") : t("gone")}</p>
          )}
        </div>
      </main>
    </div>
  );
}

function Row({ row, open }: { row: Agent; open: boolean }) {
  return (
    <Link
      to="/agents/$agent"
      params={{ agent: row.id }}
      aria-current={open ? "page" : undefined}
      className={cx(
        "focus-inset flex h-[54px] flex-col justify-center rounded-md px-2.5",
        open ? "bg-press/80" : "hover:bg-hover",
      )}
    >
      <span className={cx("truncate", open && "font-medium")}>{row.name}</span>
      <span className="truncate font-mono text-2xs text-ink-3">
        {row.slug} · {row.target}
      </span>
    </Link>
  );
}

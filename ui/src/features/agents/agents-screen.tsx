import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useRef } from "react";
import type { Agent, SavedDraft } from "@/api/generated/types";
import { agentDrafts, agents } from "@/api/queries";
import { AgentIcon } from "@/components/agent-icon";
import { IconButton } from "@/components/button";
import { Loaded } from "@/components/page";
import { cx } from "@/lib/cx";
import { AgentForm } from "./agent-form";
import { NEW, useKept } from "./kept";
import { NewAgent } from "./new-agent";
import { t } from "./words";

/** What a form is opened on. */
interface Open {
  agent: Agent | null;
  draft: SavedDraft | null;
}

/** All agents at the left, the chosen one at the right. */
export function AgentsScreen({ agent }: { agent: string | null }) {
  const query = useQuery(agents);
  const navigate = useNavigate();
  const draftsQuery = useQuery(agentDrafts);
  const drafts = draftsQuery.data;
  const list = query.data ?? [];
  const shown = list.find((one) => one.id === agent || one.slug === agent);
  const draft =
    drafts?.find((one) =>
      shown
        ? one.agent === shown.id
        : one.based_on === null && [one.agent, one.draft.slug].includes(agent ?? ""),
    ) ?? null;
  const known = query.data !== undefined && drafts !== undefined;
  // published for the first time, it is in one list no more before it is in the other
  const last = useRef<{ at: string | null; form: Open } | null>(null);
  if (shown || draft) last.current = { at: agent, form: { agent: shown ?? null, draft } };
  const between = query.isFetching || draftsQuery.isFetching;
  const held = between && last.current?.at === agent ? last.current.form : null;
  const form = shown || draft ? { agent: shown ?? null, draft } : held;
  const making = agent === NEW || (known && list.length === 0 && form === null);
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
          <Loaded query={query}>
            {(rows) => <Rows rows={rows} drafts={drafts ?? []} open={shown?.id ?? draft?.agent ?? agent} />}
          </Loaded>
        </nav>
      </aside>
      <main className="h-full min-w-0 flex-1" aria-label={shown?.name ?? draft?.draft.name ?? t("create")}>
        {making ? (
          known && <NewAgent key={NEW} all={list} />
        ) : known && form ? (
          <AgentForm key={form.agent?.id ?? form.draft?.agent} {...form} all={list} />
        ) : (
          known && <p className="px-8 pt-7 text-ink-3">{agent === null ? t("pick") : t("gone")}</p>
        )}
      </main>
    </div>
  );
}

interface RowsProps {
  rows: readonly Agent[];
  drafts: readonly SavedDraft[];
  open: string | null;
}

function Rows({ rows, drafts, open }: RowsProps) {
  const kept = useKept();
  const begun = kept[NEW];
  const unpublished = drafts.filter((one) => one.based_on === null);
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
      {unpublished.map(({ agent, draft }) => (
        <Row
          key={agent}
          to={agent}
          open={agent === open}
          icon={<AgentIcon icon={draft.icon} name={draft.name} />}
          name={draft.name}
          note={`${draft.slug} · ${draft.target}`}
          unsaved={kept[agent] !== undefined}
          draft
        />
      ))}
      {rows.map((row) => (
        <Row
          key={row.id}
          to={row.id}
          open={row.id === open}
          icon={<AgentIcon icon={row.icon} name={row.name} />}
          name={row.name}
          note={`${row.slug} · ${row.target}`}
          unsaved={kept[row.id] !== undefined}
          draft={drafts.some((one) => one.agent === row.id)}
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
  /** A draft is saved. */
  draft?: boolean;
}

function Row({ to, open, icon, name, note, unsaved, draft }: RowProps) {
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
      {draft && <span className="shrink-0 text-2xs text-ink-3">{t("draft.mark")}</span>}
      {unsaved && (
        <span className="size-[7px] shrink-0 rounded-full bg-warn" title={t("unsaved")}>
          <span className="sr-only">{t("unsaved")}</span>
        </span>
      )}
    </Link>
  );
}

import { Ellipsis, Folder } from "lucide-react";
import { useState } from "react";
import type { SessionView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { IconButton } from "@/components/button";
import { ClientIcon } from "@/components/client-icon";
import { Menu } from "@/components/menu";
import { sayFailure } from "@/components/toasts";
import { cost, countOf, short } from "@/lib/format";
import { titleOf } from "@/lib/title";
import { AgentName } from "./agent-name";
import { MoveDialog } from "./move-dialog";
import { useSessionActions } from "./session-actions";
import { t } from "./words";

/** Title, who answers, what it took so far, and what can be done with the session. */
export function ThreadHead({ view }: { view: SessionView }) {
  const [renaming, setRenaming] = useState(false);
  const [moving, setMoving] = useState(false);
  const entries = useSessionActions({ rename: () => setRenaming(true), move: () => setMoving(true) });
  const rename = useCommand("session.rename", { onError: sayFailure });

  const tokens = view.usage.input + view.usage.output;
  const facts = [
    view.calls > 0 && countOf("calls", view.calls),
    tokens > 0 && t("tokens", { n: short(tokens) }),
    tokens > 0 && cost(view.cost, view.unknown_cost),
  ].filter(Boolean);
  return (
    <header className="flex h-13 shrink-0 items-center gap-3 border-line border-b pr-3 pl-5">
      {view.client && <ClientIcon name={view.client} icon={view.client_icon} className="size-6 text-xs" />}
      <div className="min-w-0 flex-1">
        {renaming ? (
          <input
            // biome-ignore lint/a11y/noAutofocus: it takes the title's place on request
            autoFocus
            aria-label={t("rename")}
            defaultValue={titleOf(view.title)}
            maxLength={200}
            className="focus-inset -mx-1.5 -my-0.5 block h-6 w-full max-w-[28rem] rounded-sm bg-raised px-1.5 font-medium"
            onFocus={(event) => event.target.select()}
            onBlur={(event) => {
              const title = event.target.value.trim();
              if (title !== "" && title !== titleOf(view.title)) rename.mutate({ session: view.id, title });
              setRenaming(false);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") event.currentTarget.blur();
              if (event.key === "Escape") {
                event.currentTarget.value = titleOf(view.title);
                event.currentTarget.blur();
                event.stopPropagation();
              }
            }}
          />
        ) : (
          <h1 className="bidi truncate font-medium" onDoubleClick={() => setRenaming(true)}>
            {titleOf(view.title)}
          </h1>
        )}
        <p className="tnum flex items-center gap-1 text-ink-3 text-xs" data-testid="session-facts">
          {view.folder !== null && (
            <span className="inline-flex min-w-0 shrink-0 items-center gap-1">
              <Folder size={12} strokeWidth={1.75} aria-hidden="true" />
              <span className="max-w-40 truncate">{view.folder}</span>
              <span aria-hidden="true">·</span>
            </span>
          )}
          {view.client && (
            <>
              <span className="truncate">{t("fromClient", { name: view.client })}</span>
              {(view.agent_slug || facts.length > 0) && <span aria-hidden="true">·</span>}
            </>
          )}
          {view.agent_slug && (
            <>
              <AgentName slug={view.agent_slug} />
              {facts.length > 0 && <span aria-hidden="true">·</span>}
            </>
          )}
          <span className="truncate">{facts.join(" · ")}</span>
        </p>
      </div>
      <Menu trigger={<IconButton icon={Ellipsis} label={t("session")} />} entries={entries(view)} />
      {moving && <MoveDialog session={view.id} folder={view.folder} onClose={() => setMoving(false)} />}
    </header>
  );
}

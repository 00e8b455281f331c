import { useNavigate } from "@tanstack/react-router";
import { ClipboardCopy, Ellipsis, Pencil, Pin, PinOff, Trash2 } from "lucide-react";
import { useState } from "react";
import { run } from "@/api/client";
import type { SessionView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { IconButton } from "@/components/button";
import { copyText } from "@/components/copy";
import { Menu } from "@/components/menu";
import { sayFailure, saySo } from "@/components/toasts";
import { cost, countOf, short } from "@/lib/format";
import { titleOf } from "@/lib/title";
import { failed } from "@/platform";
import { t } from "./words";

/** Title, who answers, what it took so far, and what can be done with the session. */
export function ThreadHead({ view }: { view: SessionView }) {
  const [renaming, setRenaming] = useState(false);
  const navigate = useNavigate();
  const rename = useCommand("session.rename", { onError: sayFailure });
  const pin = useCommand("session.pin", { onError: sayFailure });
  const remove = useCommand("session.delete", {
    onError: sayFailure,
    onSuccess: () => {
      navigate({ to: "/chat" });
      saySo(t("removed", { title: view.title }), () =>
        // this head is gone by then, so not through its own mutation
        run("session.restore", { session: view.id })
          .then(() => navigate({ to: "/chat/$session", params: { session: view.id } }))
          .catch((error) => sayFailure(failed(error))),
      );
    },
  });
  const copyAll = () =>
    run("session.export", { session: view.id, format: "markdown" })
      .then(({ text }) => copyText(text))
      .then(() => saySo(t("copied")))
      .catch((error) => sayFailure(failed(error)));

  const tokens = view.usage.input + view.usage.output;
  const facts = [
    view.client && t("fromClient", { name: view.client }),
    view.agent_slug,
    view.calls > 0 && countOf("calls", view.calls),
    tokens > 0 && t("tokens", { n: short(tokens) }),
    tokens > 0 && cost(view.cost, view.unknown_cost),
  ].filter(Boolean);
  return (
    <header className="flex h-13 shrink-0 items-center gap-3 border-line border-b pr-3 pl-5">
      <div className="min-w-0 flex-1">
        {renaming ? (
          <input
            // biome-ignore lint/a11y/noAutofocus: it takes the title's place on request
            autoFocus
            aria-label={t("rename")}
            defaultValue={view.title}
            className="-mx-1.5 h-6 w-full max-w-[28rem] rounded-sm bg-raised px-1.5 font-medium"
            onFocus={(event) => event.target.select()}
            onBlur={(event) => {
              const title = event.target.value.trim();
              if (title !== "" && title !== view.title) rename.mutate({ session: view.id, title });
              setRenaming(false);
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") event.currentTarget.blur();
              if (event.key === "Escape") {
                event.currentTarget.value = view.title;
                event.currentTarget.blur();
                event.stopPropagation();
              }
            }}
          />
        ) : (
          <h1 className="truncate font-medium" onDoubleClick={() => setRenaming(true)}>
            {titleOf(view.title)}
          </h1>
        )}
        <p className="tnum truncate text-ink-3 text-xs" data-testid="session-facts">
          {facts.join(" · ")}
        </p>
      </div>
      <Menu
        trigger={<IconButton icon={Ellipsis} label="Session" />}
        entries={[
          { label: t("rename"), icon: Pencil, run: () => setRenaming(true) },
          {
            label: view.pinned ? t("unpin") : t("pin"),
            icon: view.pinned ? PinOff : Pin,
            run: () => pin.mutate({ session: view.id, pinned: !view.pinned }),
          },
          { label: t("copyAll"), icon: ClipboardCopy, run: copyAll },
          { label: t("remove"), icon: Trash2, bad: true, run: () => remove.mutate({ session: view.id }) },
        ]}
      />
    </header>
  );
}

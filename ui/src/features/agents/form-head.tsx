import { useNavigate } from "@tanstack/react-router";
import { Copy, Download, Ellipsis, FlaskConical, MessageSquare, Plug, Trash2 } from "lucide-react";
import { run } from "@/api/client";
import type { Agent } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button, IconButton } from "@/components/button";
import { Menu } from "@/components/menu";
import { sayFailure, saySo } from "@/components/toasts";
import { failed } from "@/platform";
import { copyOf, exportAgent } from "./files";
import { keep, NEW } from "./kept";
import type { Editor } from "./use-editor";
import { t } from "./words";

interface FormHeadProps {
  editor: Editor;
  all: readonly Agent[];
  testing: boolean;
  onTest: () => void;
}

/** The agent's name, and what can be done with it. */
export function FormHead({ editor, all, testing, onTest }: FormHeadProps) {
  const { base, saved } = editor;
  const navigate = useNavigate();
  const remove = useCommand("agent.delete", {
    onError: sayFailure,
    onSuccess: (_, { agent }) => {
      keep(agent, null);
      navigate({ to: "/agents" });
      saySo(t("removed", { name: base?.name ?? "" }), () =>
        run("agent.restore", { agent }).catch((error) => sayFailure(failed(error))),
      );
    },
  });
  return (
    <header className="mb-5 flex items-start justify-between gap-4">
      <h2 className="min-w-0 truncate font-semibold text-xl tracking-[-0.01em]">
        {base?.name ?? saved?.draft.name ?? t("create")}
      </h2>
      <div className="flex shrink-0 items-center gap-1 pt-0.5">
        <Button
          look="quiet"
          icon={FlaskConical}
          aria-pressed={testing}
          className="aria-pressed:bg-hover aria-pressed:text-ink"
          onClick={onTest}
        >
          {t("test.show")}
        </Button>
        {base && (
          <>
            <Button
              icon={MessageSquare}
              onClick={() => navigate({ to: "/chat", search: { agent: base.slug, fresh: Date.now() } })}
            >
              {t("chat")}
            </Button>
            <Menu
              trigger={<IconButton icon={Ellipsis} label={t("more")} />}
              entries={[
                {
                  label: t("useFrom"),
                  icon: Plug,
                  run: () => navigate({ to: "/connect", search: { agent: base.slug } }),
                },
                {
                  label: t("duplicate"),
                  icon: Copy,
                  run: () => {
                    keep(NEW, { fields: copyOf(base, all), base: null, saved: null });
                    navigate({ to: "/agents/$agent", params: { agent: NEW } });
                  },
                },
                { label: t("export"), icon: Download, run: () => void exportAgent(base) },
                { label: t("remove"), icon: Trash2, bad: true, run: () => remove.mutate({ agent: base.id }) },
              ]}
            />
          </>
        )}
      </div>
    </header>
  );
}

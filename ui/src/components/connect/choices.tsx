import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import type { ToolText } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, keys } from "@/api/queries";
import { Button } from "@/components/button";
import { Select } from "@/components/select";
import { sayFailure } from "@/components/toasts";
import { NEW_KEY } from "@/lib/drafts";
import type { Secrets } from "./secrets";
import { t } from "./words";

interface ChoicesProps {
  tool: ToolText;
  agent: string;
  chosenKey: string | null;
  secrets: Secrets;
  onAgent: (slug: string) => void;
  onKey: (id: string | null) => void;
}

/** Which agent the program shall use, and with which key; a key of its own is one click away. */
export function Choices({ tool, agent, chosenKey, secrets, onAgent, onKey }: ChoicesProps) {
  const known = useQuery(agents).data ?? [];
  const now = Date.now();
  const usable = (useQuery(keys).data ?? []).filter(
    (key) => !key.anonymous && (key.expires_at === null || key.expires_at > now),
  );
  const create = useCommand("key.create", {
    onSuccess: (made) => {
      secrets.learn(made.id, made.secret);
      onKey(made.id);
    },
    onError: sayFailure,
  });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Select
        label={t("tools.agent")}
        className="w-auto! min-w-28 flex-1"
        value={agent}
        options={known.map((one) => ({ value: one.slug as string, label: one.name, hint: one.slug }))}
        onChange={onAgent}
      />
      <Select
        label={t("tools.key")}
        className="w-auto! min-w-28 flex-1"
        value={chosenKey ?? ""}
        options={[
          { value: "", label: t("tools.noKey") },
          ...usable.map((key) => ({ value: key.id as string, label: key.name, hint: `…${key.hint}` })),
        ]}
        onChange={(id) => onKey(id === "" ? null : id)}
      />
      <Button
        icon={KeyRound}
        aria-label={t("tools.make", { tool: tool.name })}
        busy={create.isPending}
        onClick={() => create.mutate({ ...NEW_KEY, name: tool.name, agents: [agent] })}
      >
        {t("tools.makeShort")}
      </Button>
    </div>
  );
}

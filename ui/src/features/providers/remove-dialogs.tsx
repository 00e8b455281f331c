import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ProviderView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents } from "@/api/queries";
import { Button } from "@/components/button";
import { Confirm, Dialog } from "@/components/dialog";
import { t } from "./words";

interface RemoveProps {
  provider: ProviderView;
  open: boolean;
  onClose: () => void;
}

/** Removes a provider; what depends on it comes first. */
export function RemoveProvider({ provider, open, onClose }: RemoveProps) {
  const remove = useCommand("provider.remove", { onSuccess: onClose });
  const users = (useQuery(agents).data ?? []).filter((agent) =>
    [agent.target, ...agent.fallbacks].some((target) => target.startsWith(`${provider.id}/`)),
  );
  if (users.length > 0) {
    return (
      <Dialog
        open={open}
        onClose={onClose}
        title={t("dependTitle", { name: provider.name, count: users.length })}
        description={t("dependText")}
        foot={<Button onClick={onClose}>{t("close")}</Button>}
      >
        <ul className="border-line border-t">
          {users.map((agent) => (
            <li key={agent.id} className="border-line border-b">
              <Link
                to="/agents/$agent"
                params={{ agent: agent.id }}
                className="focus-inset flex h-10 items-center gap-3 px-1 hover:bg-hover"
              >
                <span className="min-w-0 flex-1 truncate font-medium">{agent.name}</span>
                <span className="truncate font-mono text-2xs text-ink-3">{agent.target}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Dialog>
    );
  }
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={t("removeTitle", { name: provider.name })}
      text={t("removeText")}
      action={t("remove")}
      busy={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate({ id: provider.id })}
    />
  );
}

/** Takes the key away; the provider and its agents stay, and wait for another one. */
export function RemoveKey({ provider, open, onClose }: RemoveProps) {
  const remove = useCommand("provider.remove_key", { onSuccess: onClose });
  return (
    <Confirm
      open={open}
      onClose={onClose}
      title={t("removeKeyTitle", { name: provider.name })}
      text={t("removeKeyText", { count: provider.agents, hint: provider.key_hint ?? "" })}
      action={t("removeKey")}
      busy={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate({ id: provider.id })}
    />
  );
}

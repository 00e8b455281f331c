import { useQuery } from "@tanstack/react-query";
import { MoreHorizontal } from "lucide-react";
import { useState } from "react";
import type { McpServerView } from "@/api/generated/types";
import { mcpLog } from "@/api/mcp";
import { useCommand } from "@/api/mutations";
import { Button, IconButton } from "@/components/button";
import { Confirm, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Menu } from "@/components/menu";
import { Dot } from "@/components/page";
import { Revealed } from "@/components/revealed";
import { sayFailure } from "@/components/toasts";
import { moment } from "@/lib/format";
import { platform } from "@/platform";
import { AddServer } from "./add-server";
import { fitsLines } from "./server-form";
import { t } from "./words";

type Tone = "alive" | "good" | "warn" | "bad" | "off";

/** How it stands, in a word. */
function standing({ consent, health }: McpServerView): [Tone, string] {
  if (consent !== "approved") return ["warn", t(`serverConsent.${consent}`)];
  const tones = {
    stopped: "off",
    starting: "alive",
    running: "good",
    needs_sign_in: "warn",
    failed: "bad",
    off: "bad",
  } as const;
  return [tones[health.state], t(`serverHealth.${health.state}`)];
}

/** A server of tools: how it is reached, how it stands, and what can be done with it. */
export function ServerRow({ server }: { server: McpServerView }) {
  const [open, setOpen] = useState<"log" | "edit" | "remove" | null>(null);
  const close = () => setOpen(null);
  const restart = useCommand("mcp.restart", { onError: sayFailure });
  const remove = useCommand("mcp.remove", { onSuccess: close });
  const { id, name, transport, consent, health, tools, missing } = server;
  const [tone, word] = standing(server);
  const way = transport.kind === "http" ? transport.url : [transport.command, ...transport.args].join(" ");
  return (
    <li className="border-line border-t py-2.5" data-server={id}>
      <div className="flex items-start justify-between gap-6">
        <div className="min-w-0">
          <p className="flex items-baseline gap-2">
            <bdi className="truncate font-medium">{name}</bdi>
            <span className="inline-flex shrink-0 items-center gap-1.5 text-xs">
              <Dot tone={tone} />
              {word}
            </span>
            {consent === "approved" && (
              <span className="tnum shrink-0 text-ink-3 text-xs">
                {t("serverTools", { count: tools.length })}
              </span>
            )}
          </p>
          <p className="truncate font-mono text-ink-3 text-xs">
            <bdi>{way}</bdi>
          </p>
          {missing.length > 0 && (
            <p className="text-warn text-xs">{t("serverMissing", { names: missing.join(", ") })}</p>
          )}
        </div>
        <div className="flex shrink-0 gap-1">
          {consent !== "approved" ? (
            <Button small onClick={() => platform.review(id)}>
              {t("serverReview")}
            </Button>
          ) : (
            health.state === "needs_sign_in" && (
              <Button small onClick={() => platform.review(id)}>
                {t("serverSignIn")}
              </Button>
            )
          )}
          <Menu
            trigger={<IconButton small icon={MoreHorizontal} label={t("serverMore", { name })} />}
            entries={[
              ...(consent === "approved"
                ? [
                    { label: t("serverRestart"), run: () => restart.mutate({ id }) },
                    { label: t("serverLook"), run: () => platform.review(id) },
                  ]
                : []),
              ...(fitsLines(transport) ? [{ label: t("serverEdit"), run: () => setOpen("edit") }] : []),
              { label: t("serverLog"), run: () => setOpen("log") },
              { label: t("serverRemove"), bad: true, run: () => setOpen("remove") },
            ]}
          />
        </div>
      </div>
      {(health.state === "failed" || health.state === "off") && consent === "approved" && (
        <div className="mt-2">
          <FailureNote failure={health.failure} onRetry={() => restart.mutate({ id })} />
        </div>
      )}
      {open === "edit" && <AddServer server={server} onClose={close} />}
      {open === "log" && <Log id={id} name={name} onClose={close} />}
      <Confirm
        open={open === "remove"}
        onClose={close}
        title={t("serverRemoveTitle", { name })}
        text={t("serverRemoveText")}
        action={t("serverRemove")}
        busy={remove.isPending}
        failure={remove.error}
        onConfirm={() => remove.mutate({ id })}
      />
    </li>
  );
}

/** What it said last. It was written by somebody else. */
function Log({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const lines = useQuery(mcpLog(id)).data ?? [];
  return (
    <Dialog
      open
      wide
      reading
      onClose={onClose}
      title={t("serverLogOf", { name })}
      foot={<Button onClick={onClose}>{t("close")}</Button>}
    >
      {lines.length === 0 ? (
        <p className="pb-3 text-ink-2">{t("serverLogNone")}</p>
      ) : (
        <ol className="pb-3">
          {lines.map((line, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of a log are only added
            <li key={at} className="grid grid-cols-[9rem_1fr] gap-x-3">
              <span className="tnum text-ink-3 text-xs leading-5">{moment(line.at)}</span>
              <Revealed text={line.text} />
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}

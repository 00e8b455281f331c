// Signing in to a server of tools. The address is shown before anything opens it, and only this page is told of it.

import { useMutation } from "@tanstack/react-query";
import type { McpServerView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Revealed } from "@/components/revealed";
import { platform } from "@/platform";
import { t } from "./words";

export function ServerSignIn({ server: { id, health, sign_in, signed_in } }: { server: McpServerView }) {
  const ended = useCommand("mcp.sign_in_end");
  const begin = useCommand("mcp.sign_in", { onSuccess: () => ended.mutate({ id }) });
  const cancel = useCommand("mcp.sign_in_cancel");
  const out = useCommand("mcp.sign_out");
  const open = useMutation({ mutationFn: (url: string) => platform.openSignIn(id, new URL(url)) });
  const failure = begin.error ?? (sign_in === null ? ended.error : null) ?? open.error;
  if (health.state !== "needs_sign_in" && sign_in === null && signed_in === null) return null;
  return (
    <section className="mt-4" aria-label={t("server.signIn.title")} data-testid="sign-in">
      <h2 className="mb-1 text-ink-3">{t("server.signIn.title")}</h2>
      {failure !== null && <FailureNote failure={failure} />}
      {sign_in !== null && sign_in.url !== null ? (
        <>
          <p className="mb-1">{t("browser.opens")}</p>
          <div className="rounded-md bg-canvas px-3 py-2">
            <Revealed text={sign_in.url} />
          </div>
          <p className="mt-2 flex gap-2">
            <Button look="main" onClick={() => sign_in.url !== null && open.mutate(sign_in.url)}>
              {t("browser.open")}
            </Button>
            <Button onClick={() => cancel.mutate({ id })}>{t("server.signIn.cancel")}</Button>
          </p>
        </>
      ) : signed_in !== null ? (
        <div className="flex items-baseline justify-between gap-3">
          <div className="min-w-0">
            {t("server.signIn.done")} <Revealed text={signed_in.issuer ?? ""} />
          </div>
          <Button busy={out.isPending} onClick={() => out.mutate({ id })}>
            {t("server.signIn.out")}
          </Button>
        </div>
      ) : (
        <div className="flex items-baseline justify-between gap-3">
          <p>{t("server.signIn.needed")}</p>
          <Button look="main" busy={begin.isPending} onClick={() => begin.mutate({ id, client_id: null })}>
            {t("server.signIn.begin")}
          </Button>
        </div>
      )}
    </section>
  );
}

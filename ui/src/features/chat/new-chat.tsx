import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCommand } from "@/api/mutations";
import { agents } from "@/api/queries";
import { Button } from "@/components/button";
import { Composer } from "./composer";
import { useAgent } from "./use-agent";
import { t } from "./words";

/** A conversation that has not begun. */
export function NewChat({ agent: wanted }: { agent?: string }) {
  const navigate = useNavigate();
  const agent = useAgent(wanted ?? null);
  const chosen = useQuery(agents).data?.find((one) => one.slug === agent.slug);
  const send = useCommand("chat.send");
  if (agent.known && agent.options.length === 0) return <NoAgent />;
  return (
    <main aria-label={t("newChat")} className="flex h-full min-w-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col justify-end overflow-y-auto px-5 pb-5">
        {chosen && (
          <div className="mx-auto w-full max-w-[45rem] px-0.5">
            <h1 className="font-semibold text-xl tracking-[-0.01em]">{chosen.name}</h1>
            <p className="font-mono text-ink-3 text-xs">
              {chosen.slug} · {chosen.target}
            </p>
            {chosen.instructions && (
              <p className="mt-2 line-clamp-4 max-w-[38rem] whitespace-pre-line text-ink-2">
                {chosen.instructions}
              </p>
            )}
          </div>
        )}
      </div>
      <Composer
        draft="new"
        agent={agent}
        streaming={false}
        sending={send.isPending}
        failure={send.error}
        onStop={() => undefined}
        onSend={(text, done) =>
          send.mutate(
            { session: null, agent: agent.slug, text, parent: null, instead_of: null },
            {
              onSuccess: (started) => {
                done();
                navigate({ to: "/chat/$session", params: { session: started.session } });
              },
            },
          )
        }
      />
    </main>
  );
}

function NoAgent() {
  const navigate = useNavigate();
  return (
    <main className="flex min-w-0 flex-1 items-center justify-center px-5">
      <div className="max-w-[26rem]">
        <h1 className="mb-1 font-semibold text-lg">{t("noAgent")}</h1>
        <p className="mb-4 text-ink-2">{t("noAgentText")}</p>
        <Button look="main" onClick={() => navigate({ to: "/agents/$agent", params: { agent: "new" } })}>
          {t("makeAgent")}
        </Button>
      </div>
    </main>
  );
}

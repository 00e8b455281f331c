import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCommand } from "@/api/mutations";
import { agents } from "@/api/queries";
import { Button } from "@/components/button";
import { Keys } from "@/components/keys";
import { remember } from "@/lib/store";
import { Composer } from "./composer";
import { besideKey } from "./session-thread";
import { useAgent } from "./use-agent";
import { t } from "./words";

/** A conversation that has not begun. */
export function NewChat({ agent: wanted }: { agent?: string }) {
  const navigate = useNavigate();
  const agent = useAgent(wanted ?? null);
  const chosen = useQuery(agents).data?.find((one) => one.slug === agent.slug);
  const send = useCommand("chat.send");
  if (agent.known && agent.options.every((option) => !option.agent)) return <NoAgent />;
  return (
    <main aria-label={t("newChat")} className="flex h-full min-w-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col justify-end overflow-y-auto px-5 pb-5">
        {agent.slug !== null && (
          <div className="mx-auto w-full max-w-[45rem] px-0.5">
            <h1 className="font-semibold text-xl tracking-[-0.01em]">{chosen?.name ?? agent.slug}</h1>
            {chosen && (
              <p className="font-mono text-ink-3 text-xs">
                {chosen.slug} · {chosen.target}
              </p>
            )}
            {chosen?.instructions && (
              <p className="mt-2 line-clamp-4 max-w-[38rem] whitespace-pre-line text-ink-2">
                {chosen.instructions}
              </p>
            )}
            <Hints />
          </div>
        )}
      </div>
      <Composer
        draft="new"
        agent={agent}
        streaming={false}
        failed={false}
        sending={send.isPending}
        failure={send.error}
        used={0}
        onStop={() => undefined}
        onSend={({ text, attachments, also, outside }, done) =>
          send.mutate(
            { session: null, agent: agent.slug, text, attachments, also, outside },
            {
              onSuccess: (started) => {
                done();
                if (also !== null) remember(besideKey(started.session), started.message);
                navigate({ to: "/chat/$session", params: { session: started.session } });
              },
            },
          )
        }
      />
    </main>
  );
}

/** What can be done here, for those who have not done it yet. */
function Hints() {
  return (
    <ul className="mt-5 flex flex-col gap-1.5 text-ink-3 text-xs">
      <li>{t("hintFiles")}</li>
      <li>{t("hintAlso")}</li>
      <li className="flex items-center gap-1.5">
        {t("hintKeys")} <Keys keys="?" />
      </li>
    </ul>
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

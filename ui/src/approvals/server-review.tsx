// A server of tools before it is started, or after it has become another one (SEC-30): all of what an approval covers.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { McpServerView, McpToolView, McpTransport } from "@/api/generated/types";
import { mcpServer } from "@/api/mcp";
import { useCommand } from "@/api/mutations";
import { useLanguageSetting } from "@/app/language";
import { useTheme } from "@/app/theme";
import { Button } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Revealed } from "@/components/revealed";
import { useArmed } from "@/lib/use-armed";
import { platform } from "@/platform";
import { Fact, Facts, Lines } from "./facts";
import { ServerSignIn } from "./server-sign-in";
import { t } from "./words";

export function ServerReview({ id }: { id: string }) {
  useTheme();
  useLanguageSetting();
  const { data, error, refetch } = useQuery(mcpServer(id));
  useEffect(() => {
    document.title = t("window");
  }, []);
  return (
    <main aria-label={t("window")} className="flex h-full flex-col bg-paper">
      {error !== null && (
        <div className="p-5">
          <FailureNote failure={error} onRetry={() => refetch()} />
        </div>
      )}
      {data !== undefined && <Review key={data.digest} server={data} />}
    </main>
  );
}

function Review({ server }: { server: McpServerView }) {
  const { consent, transport, changes, tools } = server;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
      <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-4" data-testid="question">
        <h1 className="font-semibold text-lg">{t(`server.title.${consent}`)}</h1>
        <p className="mt-0.5 text-ink-2">{t(`server.does.${transport.kind}`)}</p>
        <Facts>
          <Fact name={t("server.name")}>{server.name}</Fact>
          <Fact name={t("server.id")}>{server.id}</Fact>
          <Way transport={transport} />
          {server.program !== null && <Fact name={t("server.program")}>{server.program}</Fact>}
        </Facts>
        {changes.length > 0 && (
          <section className="mt-4" aria-label={t("server.changes")}>
            <h2 className="mb-1 text-warn">{t("server.changes")}</h2>
            <ul>
              {changes.map(({ kind, tool }) => (
                <li key={`${kind} ${tool}`} className="flex items-baseline gap-2">
                  <span className="shrink-0">{t(`server.change.${kind}`)}</span>
                  {tool !== null && <Revealed text={tool} />}
                </li>
              ))}
            </ul>
          </section>
        )}
        {consent === "approved" && <ServerSignIn server={server} />}
        <section className="mt-4" aria-label={t("server.tools")}>
          <h2 className="mb-1 text-ink-3">{t("server.tools")}</h2>
          {tools.length === 0 ? (
            <p>{t("server.noTools")}</p>
          ) : (
            tools.map((one) => <Tool key={one.grant} view={one} />)
          )}
        </section>
      </div>
      <Answer server={server} />
    </>
  );
}

/** How it is reached: word by word, for no shell reads them. */
function Way({ transport }: { transport: McpTransport }) {
  if (transport.kind === "http")
    return (
      <>
        <Fact name={t("server.url")}>{transport.url}</Fact>
        {transport.headers.map((header) => (
          <Fact key={header} name={t("server.header")}>
            {header}
          </Fact>
        ))}
      </>
    );
  return (
    <>
      <Fact name={t("server.command")}>{transport.command}</Fact>
      {transport.args.map((word, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: words of a command never move
        <Fact key={at} name={t("server.argument", { n: at + 1 })}>
          {word}
        </Fact>
      ))}
      {transport.env.map(({ name, value }) => (
        <Fact key={name} name={t(value === null ? "server.secret" : "server.variable")}>
          {value === null ? name : `${name}=${value}`}
        </Fact>
      ))}
      {transport.cwd !== null && <Fact name={t("server.directory")}>{transport.cwd}</Fact>}
    </>
  );
}

/** What models are told of a tool is what talks them into things, so it stands here whole. */
function Tool({ view: { tool, reach } }: { view: McpToolView }) {
  return (
    <div className="border-line border-t py-2">
      <p className="flex items-baseline justify-between gap-3">
        <Revealed text={tool.name} />
        <span className="shrink-0 text-ink-3 text-xs">{t(`server.reach.${reach}`)}</span>
      </p>
      {tool.title !== null && <Revealed text={tool.title} />}
      {tool.description !== null && (
        <div className="mt-1 text-ink-2">
          <Revealed text={tool.description} />
        </div>
      )}
      <details className="mt-1">
        <summary className="w-fit rounded-sm text-ink-3 text-xs">{t("server.schema")}</summary>
        <div className="mt-1 rounded-md bg-canvas px-3 py-2">
          <Lines json={tool.schema} />
        </div>
      </details>
    </div>
  );
}

function Answer({ server: { id, digest, consent, missing } }: { server: McpServerView }) {
  const armed = useArmed(digest);
  const approve = useCommand("mcp.approve", {
    // what it says of its tools is another question, and so is whom it lets in
    onSuccess: (view) =>
      view.consent === "approved" && view.health.state !== "needs_sign_in" && platform.leave(),
  });
  const leave = useRef<HTMLButtonElement>(null);
  useEffect(() => leave.current?.focus(), []);
  return (
    <footer className="shrink-0 border-line border-t px-5 pt-3 pb-4">
      {approve.error && (
        <div className="mb-3">
          <FailureNote failure={approve.error} />
        </div>
      )}
      {missing.length > 0 && (
        <p className="mb-2 text-warn">{t("server.missing", { names: missing.join(", ") })}</p>
      )}
      <div className="flex justify-between gap-2">
        <Button ref={leave} onClick={() => platform.leave()}>
          {t("server.leave")}
        </Button>
        {consent !== "approved" && (
          <Button
            look="main"
            disabled={!armed}
            busy={approve.isPending}
            onClick={() => approve.mutate({ id, digest })}
          >
            {t("server.approve")}
          </Button>
        )}
      </div>
    </footer>
  );
}

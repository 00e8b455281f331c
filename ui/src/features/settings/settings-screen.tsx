import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { SettingsPatch, Theme, VaultKind } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, doctor, settings, status } from "@/api/queries";
import { Button } from "@/components/button";
import { Checks } from "@/components/checks";
import { CopyIcon } from "@/components/copy";
import { Input } from "@/components/field";
import { Loaded, Page, Section } from "@/components/page";
import { Select } from "@/components/select";
import { StarterPanel } from "@/components/starter";
import { sayFailure } from "@/components/toasts";
import { Vault } from "./vault";
import { WORDS } from "./words";

const KEEP: SettingsPatch = {
  default_agent: null,
  port: null,
  theme: null,
  starter_consent: null,
  vault: null,
};

export function SettingsScreen() {
  const query = useQuery(settings);
  const app = useQuery(status).data;
  const known = useQuery(agents).data ?? [];
  const checks = useQuery(doctor);
  const set = useCommand("settings.set", { onError: sayFailure });
  const change = (part: Partial<SettingsPatch>) => set.mutate({ ...KEEP, ...part });
  return (
    <Page title={WORDS.title} width="form">
      <Loaded query={query}>
        {(now) => (
          <>
            <Section title={WORDS.look}>
              <Line label={WORDS.theme}>
                <Select
                  label={WORDS.theme}
                  value={now.theme}
                  options={(Object.entries(WORDS.themes) as Array<[Theme, string]>).map(([value, label]) => ({
                    value,
                    label,
                  }))}
                  onChange={(theme) => change({ theme })}
                />
              </Line>
            </Section>
            <Section title={WORDS.endpoint}>
              <Line label={WORDS.defaultAgent} hint={WORDS.defaultAgentHint}>
                <Select
                  label={WORDS.defaultAgent}
                  value={
                    known.find((agent) => agent.id === now.default_agent || agent.slug === now.default_agent)
                      ?.id ?? ""
                  }
                  options={[
                    { value: "", label: WORDS.nobody },
                    ...known.map((agent) => ({
                      value: agent.id as string,
                      label: agent.name,
                      hint: agent.slug,
                    })),
                  ]}
                  onChange={(agent) => change({ default_agent: agent })}
                />
              </Line>
              <Port key={now.port} port={now.port} onSave={(port) => change({ port })} />
            </Section>
            {app && (
              <Section title={WORDS.vault} lead={WORDS.vaultLead}>
                <Vault status={app.vault} />
                <Line label={WORDS.kind} hint={WORDS.kindHint}>
                  <Select
                    label={WORDS.kind}
                    value={now.vault ?? app.vault.kind}
                    options={(Object.entries(WORDS.kinds) as Array<[VaultKind, string]>).map(
                      ([value, label]) => ({ value, label }),
                    )}
                    onChange={(vault) => change({ vault })}
                  />
                </Line>
              </Section>
            )}
            {app && app.starter.state !== "not_built" && (
              <Section title={WORDS.starter}>
                <StarterPanel starter={app.starter} label={app.starter_label} />
              </Section>
            )}
            <Section
              title={WORDS.checks}
              actions={
                <Button small busy={checks.isFetching} onClick={() => checks.refetch()}>
                  {WORDS.checkAgain}
                </Button>
              }
            >
              <Loaded query={checks}>{(list) => <Checks checks={list} />}</Loaded>
            </Section>
            {app && (
              <Section title={WORDS.about}>
                <dl className="grid grid-cols-[5rem_1fr] gap-y-1">
                  <dt className="text-ink-3">{WORDS.version}</dt>
                  <dd className="tnum">{app.version}</dd>
                  <dt className="text-ink-3">{WORDS.data}</dt>
                  <dd className="-my-1 flex min-w-0 items-center gap-1">
                    <code className="selectable truncate text-xs">{app.data_dir}</code>
                    <CopyIcon text={app.data_dir} label="Copy the path" />
                  </dd>
                </dl>
                <p className="mt-2 text-ink-3">{WORDS.keyboard}</p>
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** A setting: what it is at the left, its control at the right. */
function Line({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-6 border-line border-t py-2.5">
      <div>
        <p>{label}</p>
        {hint && <p className="text-ink-3 text-xs">{hint}</p>}
      </div>
      <div className="w-60 shrink-0">{children}</div>
    </div>
  );
}

function Port({ port, onSave }: { port: number | null; onSave: (port: number) => void }) {
  const [text, setText] = useState(String(port ?? 4645));
  const value = Number(text);
  const good = /^\d{4,5}$/.test(text) && value >= 1024 && value <= 65535;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (good) onSave(value);
      }}
    >
      <Line label={WORDS.port} hint={good ? WORDS.portHint : WORDS.portBad}>
        <span className="flex justify-end gap-2">
          {good && value !== (port ?? 4645) && (
            <Button look="main" type="submit">
              {WORDS.savePort}
            </Button>
          )}
          <Input
            aria-label={WORDS.port}
            aria-invalid={good ? undefined : true}
            inputMode="numeric"
            className="tnum w-24! text-right"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </span>
      </Line>
    </form>
  );
}

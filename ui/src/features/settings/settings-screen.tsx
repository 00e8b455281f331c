import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { Language, SettingsPatch, Theme, VaultKind } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { agents, doctor, settings, status } from "@/api/queries";
import { Button } from "@/components/button";
import { Checks } from "@/components/checks";
import { CopyIcon } from "@/components/copy";
import { Input } from "@/components/field";
import { Loaded, Page, Section } from "@/components/page";
import { type Option, Select } from "@/components/select";
import { StarterPanel } from "@/components/starter";
import { sayFailure } from "@/components/toasts";
import { LANGUAGES } from "@/i18n";
import { Vault } from "./vault";
import { t } from "./words";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const VAULTS: readonly VaultKind[] = ["os", "passphrase", "memory"];

const KEEP: SettingsPatch = {
  default_agent: null,
  port: null,
  theme: null,
  starter_consent: null,
  vault: null,
};

const languages = (): Option<Language>[] => [
  { value: "system", label: t("systemLanguage") },
  ...Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label })),
];

export function SettingsScreen() {
  const query = useQuery(settings);
  const app = useQuery(status).data;
  const known = useQuery(agents).data ?? [];
  const checks = useQuery(doctor);
  const set = useCommand("settings.set", { onError: sayFailure });
  const change = (part: Partial<SettingsPatch>) => set.mutate({ ...KEEP, ...part });
  return (
    <Page title={t("title")} width="form">
      <Loaded query={query}>
        {(now) => (
          <>
            <Section title={t("look")}>
              <Line label={t("theme")}>
                <Select
                  label={t("theme")}
                  value={now.theme}
                  options={THEMES.map((value) => ({ value, label: t(`themes.${value}`) }))}
                  onChange={(theme) => change({ theme })}
                />
              </Line>
              <Line label={t("language")}>
                <Select
                  label={t("language")}
                  value={now.language}
                  options={languages()}
                  onChange={(language) => change({ language })}
                />
              </Line>
            </Section>
            <Section title={t("endpoint")}>
              <Line label={t("defaultAgent")} hint={t("defaultAgentHint")}>
                <Select
                  label={t("defaultAgent")}
                  value={
                    known.find((agent) => agent.id === now.default_agent || agent.slug === now.default_agent)
                      ?.id ?? ""
                  }
                  options={[
                    { value: "", label: t("nobody") },
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
              <Section title={t("vault")} lead={t("vaultLead")}>
                <Vault status={app.vault} />
                <Line label={t("kind")} hint={t("kindHint")}>
                  <Select
                    label={t("kind")}
                    value={now.vault ?? app.vault.kind}
                    options={VAULTS.map((value) => ({ value, label: t(`kinds.${value}`) }))}
                    onChange={(vault) => change({ vault })}
                  />
                </Line>
              </Section>
            )}
            {app && app.starter.state !== "not_built" && (
              <Section title={t("starter")}>
                <StarterPanel starter={app.starter} label={app.starter_label} />
              </Section>
            )}
            <Section
              title={t("checks")}
              actions={
                <Button small busy={checks.isFetching} onClick={() => checks.refetch()}>
                  {t("checkAgain")}
                </Button>
              }
            >
              <Loaded query={checks}>{(list) => <Checks checks={list} />}</Loaded>
            </Section>
            {app && (
              <Section title={t("about")}>
                <dl className="grid grid-cols-[5rem_1fr] gap-y-1">
                  <dt className="text-ink-3">{t("version")}</dt>
                  <dd className="tnum">{app.version}</dd>
                  <dt className="text-ink-3">{t("data")}</dt>
                  <dd className="-my-1 flex min-w-0 items-center gap-1">
                    <code className="selectable truncate text-xs">{app.data_dir}</code>
                    <CopyIcon text={app.data_dir} label={t("copyPath")} />
                  </dd>
                </dl>
                <p className="mt-2 text-ink-3">{t("keyboard")}</p>
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
      <Line label={t("port")} hint={good ? t("portHint") : t("portBad")}>
        <span className="flex justify-end gap-2">
          {good && value !== (port ?? 4645) && (
            <Button look="main" type="submit">
              {t("savePort")}
            </Button>
          )}
          <Input
            aria-label={t("port")}
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

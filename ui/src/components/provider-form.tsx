// A provider's form, used where providers are added: their screen and the first steps.

import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { AddProvider, CatalogueEntry, DetectedServer, ProviderView, Wire } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { catalogue } from "@/api/queries";
import { useTest } from "@/api/use-test";
import { NO_TIMEOUTS } from "@/lib/drafts";
import { freeSlug, isSlug } from "@/lib/slug";
import { FailureNote } from "./failure";
import { Check, Field, Input } from "./field";
import { OutLink } from "./link-door";
import { type More, MoreFields, NO_MORE } from "./provider-more";
import { Select } from "./select";
import { Steps } from "./steps";
import { t } from "./words";

const WIRES: readonly Wire[] = [
  "openai-chat",
  "openai-responses",
  "anthropic-messages",
  "gemini",
  "ollama",
  "bedrock-converse",
];

/** A custom provider that is begun with. */
export interface ProviderStart {
  slug: string | null;
  name: string | null;
  wire: Wire;
  baseUrl: string;
}

interface ProviderFormProps {
  id: string;
  server: DetectedServer | null;
  start?: ProviderStart;
  taken: ReadonlySet<string>;
  /** The provider is there and answered all checks. */
  onDone: (provider: ProviderView) => void;
  onBusy: (busy: boolean) => void;
}

/** Adds a provider and tests it at once; a key that is refused can be corrected on the spot. */
export function ProviderForm({ id, server, start, taken, onDone, onBusy }: ProviderFormProps) {
  const entries = useQuery(catalogue).data ?? [];
  const [kind, setKind] = useState(start ? "custom" : (server?.kind ?? "openai"));
  const [slug, setSlug] = useState(start?.slug ?? null);
  const [wire, setWire] = useState<Wire>(start?.wire ?? "openai-chat");
  const [baseUrl, setBaseUrl] = useState(start?.baseUrl ?? server?.base_url ?? "");
  const [allowHttp, setAllowHttp] = useState(false);
  const [noKey, setNoKey] = useState(server !== null && !server.needs_key);
  const [key, setKey] = useState("");
  const [added, setAdded] = useState<ProviderView | null>(null);
  const [more, setMore] = useState<More>({ ...NO_MORE, name: start?.name ?? "" });
  const add = useCommand("provider.add");
  const replaceKey = useCommand("provider.set_key");
  const entry: CatalogueEntry | undefined = entries.find((one) => one.id === kind);
  const custom = entry === undefined;
  // the starter is inside this app and has no address
  const inside = entry?.id === "starter";
  const fixedUrl = inside ? "" : (entry?.base_url ?? null);
  const name = slug ?? freeSlug(custom ? "custom" : kind, taken);
  const test = useTest(added?.id ?? name);
  const wantsKey = custom ? !noKey : (entry.needs_key || server?.needs_key === true) && !noKey;
  const url = baseUrl.trim() === "" ? null : baseUrl.trim();
  const farHttp =
    url !== null && /^http:\/\//i.test(url) && !/^http:\/\/(localhost|127\.|\[::1\])/i.test(url);
  const complete = isSlug(name) && (!wantsKey || key.trim() !== "") && (fixedUrl !== null || url !== null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (!complete) return;
    onBusy(true);
    try {
      const draft: AddProvider = {
        id: name,
        kind: custom ? "custom" : kind,
        name: more.name.trim() === "" ? null : more.name.trim(),
        wire: custom ? wire : null,
        base_url: url,
        allow_http: allowHttp,
        key: wantsKey ? key.trim() : null,
        no_key: !wantsKey,
        timeouts: { ...NO_TIMEOUTS, overall_s: more.seconds },
        ca: more.ca?.text ?? null,
        streams_only: more.streamsOnly,
      };
      let provider = added ?? (await add.mutateAsync(draft));
      if (added !== null && wantsKey) {
        provider = await replaceKey.mutateAsync({ id: added.id, key: key.trim() });
      }
      setAdded(provider);
      const report = await test.run();
      if (report.ok) onDone(provider);
    } catch {
      // each mutation shows its own failure below
    } finally {
      onBusy(false);
    }
  };
  const failure = add.error ?? replaceKey.error ?? test.failure;
  const unwell = !test.running && test.checks.some((check) => check.state === "failed");
  const choices = [
    ...entries.map((one) => ({ value: one.id, label: one.name })),
    { value: "custom", label: t("provider.another") },
  ];
  return (
    <form id={id} onSubmit={submit} noValidate className="flex flex-col gap-4">
      {server === null && (
        <Field label={t("provider.provider")}>
          {({ id }) => (
            <Select
              id={id}
              value={custom ? "custom" : kind}
              options={choices}
              disabled={added !== null}
              onChange={(next) => {
                setKind(next);
                setSlug(null);
                setBaseUrl("");
                setNoKey(false);
              }}
            />
          )}
        </Field>
      )}
      {custom && (
        <Field label={t("provider.protocol")}>
          {({ id }) => (
            <Select
              id={id}
              value={wire}
              options={WIRES.map((value) => ({ value, label: t(`provider.wires.${value}`) }))}
              onChange={setWire}
              disabled={added !== null}
            />
          )}
        </Field>
      )}
      {(fixedUrl === null || server !== null) && (
        <Field
          label={t("provider.baseUrl")}
          hint={
            entry?.base_url_help ? t("provider.ownUrl", { help: entry.base_url_help }) : t("provider.urlHint")
          }
        >
          {(ids) => (
            <Input
              {...ids}
              mono
              value={baseUrl}
              disabled={added !== null}
              onChange={(event) => setBaseUrl(event.target.value)}
            />
          )}
        </Field>
      )}
      {farHttp && (
        <Check
          label={t("provider.plainHttp")}
          hint={t("provider.plainHttpHint")}
          checked={allowHttp}
          onChange={(event) => setAllowHttp(event.target.checked)}
        />
      )}
      {wantsKey && (
        <Field
          label={t("provider.key")}
          hint={
            <>
              {entry?.key_help && `${entry.key_help} `}
              {t("provider.keyHint")}{" "}
              {entry?.key_url && (
                <OutLink href={entry.key_url}>{t("provider.makeKey", { name: entry.name })}</OutLink>
              )}
            </>
          }
        >
          {(ids) => (
            <Input
              {...ids}
              mono
              type="password"
              autoComplete="off"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
      )}
      {custom && (
        <Check
          label={t("provider.noKey")}
          checked={noKey}
          onChange={(event) => setNoKey(event.target.checked)}
        />
      )}
      <Field
        label={t("provider.slug")}
        hint={t("provider.slugHint", { name: name || t("provider.slugName") })}
        error={name !== "" && !isSlug(name) ? t("provider.slugBad") : null}
      >
        {(ids) => (
          <Input
            {...ids}
            mono
            value={name}
            maxLength={63}
            disabled={added !== null}
            onChange={(event) => setSlug(event.target.value)}
          />
        )}
      </Field>
      {!inside && (
        <MoreFields
          more={more}
          disabled={added !== null}
          onChange={setMore}
          url={
            fixedUrl !== null && server === null ? { value: baseUrl, usual: fixedUrl, set: setBaseUrl } : null
          }
        />
      )}
      {failure && <FailureNote failure={failure} />}
      {test.begun && (
        <div>
          {unwell && (
            <p role="alert" className="mb-1 font-medium">
              {t("provider.notYet")}
            </p>
          )}
          <Steps checks={test.checks} running={test.running} />
        </div>
      )}
      {/* Enter submits from every field */}
      <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
    </form>
  );
}

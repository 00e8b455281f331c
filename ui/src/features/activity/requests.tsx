import { useState } from "react";
import type { CallView, KeptBody } from "@/api/generated/types";
import { Choice } from "@/components/choice";
import { CopyIcon } from "@/components/copy";
import { DiffView } from "@/components/diff-view";
import { JsonView, pretty } from "@/components/json-view";
import { Section } from "@/components/page";
import { bytes } from "@/lib/format";
import { t } from "./words";

/** What the client sent, what went to providers, and what is different between them. */
export function Requests({ view }: { view: CallView }) {
  const client = view.client_request;
  const sent = view.upstream_requests;
  const options = [
    ...(client ? [{ value: "client", label: t("requests.client") }] : []),
    ...sent.map(({ number }) => ({
      value: `sent ${number}`,
      label: sent.length === 1 ? t("requests.sent") : t("requests.sentBy", { n: number }),
    })),
    ...(client && sent.length > 0 ? [{ value: "both", label: t("requests.difference") }] : []),
  ];
  const [shown, setShown] = useState<string | null>(null);
  const value = shown ?? options[0]?.value ?? "";
  const last = sent.at(-1);
  const body =
    value === "client" ? client?.body : sent.find(({ number }) => value === `sent ${number}`)?.body;
  return (
    <Section
      title={t("sections.requests")}
      id="requests"
      actions={
        options.length > 1 && (
          <Choice label={t("sections.requests")} value={value} options={options} onChange={setShown} />
        )
      }
    >
      {options.length === 0 && <p className="max-w-[42rem] text-ink-2">{whyNothing(view)}</p>}
      {body && <Body body={body} name={options.find((one) => one.value === value)?.label ?? ""} />}
      {value === "both" && client && last && (
        <DiffView
          name={t("requests.difference")}
          before={pretty(client.body.text)}
          after={pretty(last.body.text)}
        />
      )}
    </Section>
  );
}

function Body({ body, name }: { body: KeptBody; name: string }) {
  return (
    <div>
      <div className="mb-1 flex h-7 items-center justify-between text-ink-3 text-xs">
        <span className="tnum">
          {bytes(body.size)}
          {body.cut && ` · ${t("requests.cut", { kept: bytes(body.text.length) })}`}
        </span>
        <CopyIcon text={() => pretty(body.text)} label={t("requests.copy")} />
      </div>
      <JsonView key={name} text={body.text} name={name} />
    </div>
  );
}

/** A call without a request on record: honest about which of the reasons holds, as far as anybody can tell. */
function whyNothing(view: CallView): string {
  if (view.outcome === null) return t("requests.running");
  if (view.entries.length === 0) return t("requests.refused");
  return view.source.from === "client" && view.session === null && view.user_agent === null
    ? t("requests.policyNone")
    : t("requests.policyOrAge");
}

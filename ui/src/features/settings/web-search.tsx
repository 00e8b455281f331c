import { type FormEvent, useState } from "react";
import type { WebSearch as Chosen, SearchEngine } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Choice } from "@/components/choice";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { sayFailure } from "@/components/toasts";
import { Line, Part, type PartProps } from "./part";
import { t } from "./words";

const ENGINES = ["searxng", "brave", "tavily"] as const satisfies readonly SearchEngine[];
/** Where engines give out keys. */
const KEYS = { brave: "api-dashboard.search.brave.com", tavily: "app.tavily.com" } as const;

/** The engine that agents look things up in the web with. */
export function WebSearch({ now }: PartProps) {
  const chosen = now.web_search;
  const [choosing, setChoosing] = useState(false);
  const off = useCommand("search.off", { onError: sayFailure });
  return (
    <Part
      name="search"
      lead={t("searchLead")}
      actions={
        <Button onClick={() => setChoosing(true)}>{chosen ? t("searchChange") : t("searchSet")}</Button>
      }
    >
      {chosen ? (
        <>
          <Line
            label={t(`searchEngine.${chosen.engine}`)}
            hint={
              <bdi>
                {new URL(chosen.base_url).host}
                {chosen.key_hint !== null && ` · ${t("searchKeyEnds", { hint: chosen.key_hint })}`}
              </bdi>
            }
          >
            <Button small busy={off.isPending} onClick={() => off.mutate({})}>
              {t("searchOff")}
            </Button>
          </Line>
          <Try key={`${chosen.engine} ${chosen.base_url}`} />
        </>
      ) : (
        <p className="border-line border-y py-4 text-ink-2">{t("searchNone")}</p>
      )}
      {choosing && <Choose chosen={chosen} onClose={() => setChoosing(false)} />}
    </Part>
  );
}

/** Looks something up, so that one sees that it works before an agent does. */
function Try() {
  const [text, setText] = useState("");
  const look = useCommand("search.test", {});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") look.mutate({ text, count: 5 });
  };
  return (
    <form className="border-line border-y py-2.5" onSubmit={submit}>
      <div className="flex items-end gap-2">
        <Field label={t("searchTry")} className="flex-1">
          {(ids) => <Input {...ids} value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        <Button type="submit" busy={look.isPending} disabled={text.trim() === ""}>
          {t("searchLook")}
        </Button>
      </div>
      {look.error && (
        <div className="mt-2">
          <FailureNote failure={look.error} />
        </div>
      )}
      <div aria-live="polite">
        {look.data?.length === 0 && <p className="mt-2 text-ink-2">{t("searchNothing")}</p>}
        {look.data !== undefined && look.data.length > 0 && (
          <ol className="mt-2.5 flex flex-col gap-2.5">
            {look.data.map(({ title, url, excerpt }) => (
              <li key={url} className="min-w-0">
                <p className="truncate font-medium">{title || url}</p>
                <p className="truncate text-ink-3 text-xs">{url}</p>
                <p className="line-clamp-2 text-ink-2">{excerpt}</p>
              </li>
            ))}
          </ol>
        )}
      </div>
    </form>
  );
}

function Choose({ chosen, onClose }: { chosen: Chosen | null; onClose: () => void }) {
  const [engine, setEngine] = useState<SearchEngine>(chosen?.engine ?? "searxng");
  const [address, setAddress] = useState(chosen?.engine === "searxng" ? chosen.base_url : "");
  const [key, setKey] = useState("");
  const set = useCommand("search.set", { onSuccess: onClose });
  const own = engine === "searxng";
  const kept = chosen?.engine === engine ? chosen.key_hint : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ engine, base_url: own ? address.trim() : null, key: key === "" ? null : key });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("searchTitle")}
      description={t("searchText")}
      foot={
        <>
          <Cancel onClick={onClose} />
          <Button
            look="main"
            type="submit"
            form="choose-search"
            busy={set.isPending}
            disabled={own ? address.trim() === "" : key === "" && kept === null}
          >
            {t("searchUse")}
          </Button>
        </>
      }
    >
      <form id="choose-search" noValidate className="flex flex-col gap-3.5 pb-2" onSubmit={submit}>
        <Choice
          label={t("searchWhich")}
          value={engine}
          options={ENGINES.map((value) => ({ value, label: t(`searchEngine.${value}`) }))}
          onChange={(value) => {
            setEngine(value);
            setKey("");
            set.reset();
          }}
        />
        {own ? (
          <Field label={t("searchAddress")} hint={t("searchAddressHint")}>
            {(ids) => (
              <Input
                {...ids}
                mono
                placeholder="http://127.0.0.1:8080"
                value={address}
                onChange={(event) => setAddress(event.target.value)}
              />
            )}
          </Field>
        ) : (
          <Field
            label={t("searchKey")}
            hint={
              kept === null ? t("searchKeyHint", { place: KEYS[engine] }) : t("searchKeyKept", { hint: kept })
            }
          >
            {(ids) => (
              <Input
                {...ids}
                type="password"
                autoComplete="off"
                value={key}
                onChange={(event) => setKey(event.target.value)}
              />
            )}
          </Field>
        )}
        {set.error && <FailureNote failure={set.error} />}
      </form>
    </Dialog>
  );
}

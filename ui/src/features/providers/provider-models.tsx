import { useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Pencil } from "lucide-react";
import { useRef, useState } from "react";
import type { Model, ModelList, OwnPrice, ProviderView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { client, prices, providerModels } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { FailureNote } from "@/components/failure";
import { Input } from "@/components/field";
import { Loaded } from "@/components/page";
import { group, money, short, since } from "@/lib/format";
import { useNow } from "@/lib/use-now";
import { PriceDialog } from "./price-dialog";
import { t } from "./words";

/** A provider's models with what they take and cost; a price can be the user's own. */
export function ProviderModels({ provider }: { provider: ProviderView }) {
  const query = useQuery(providerModels(provider.id));
  const refresh = useCommand("provider.models", {
    onSuccess: (list) => {
      client.setQueryData(providerModels(provider.id).queryKey, list);
      client.invalidateQueries({ queryKey: ["models"] });
    },
  });
  return (
    <>
      {refresh.error && <FailureNote failure={refresh.error} />}
      <Loaded query={query}>
        {(list) => (
          <Models
            list={list}
            provider={provider}
            refresh={
              <Button
                small
                look="quiet"
                busy={refresh.isPending}
                onClick={() => refresh.mutate({ id: provider.id, refresh: true })}
              >
                {t("refresh")}
              </Button>
            }
          />
        )}
      </Loaded>
    </>
  );
}

const ROW = 32;

interface ModelsProps {
  list: ModelList;
  provider: ProviderView;
  refresh: React.ReactNode;
}

function Models({ list, provider, refresh }: ModelsProps) {
  const own = useQuery(prices).data ?? [];
  const now = useNow();
  const [query, setQuery] = useState("");
  const [editing, setEditing] = useState<Model | null>(null);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.models.filter((model) => words.every((word) => model.id.toLowerCase().includes(word)));
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const priceOf = (model: Model): OwnPrice | undefined =>
    own.find((price) => price.target === `${provider.id}/${model.id}`);
  const notes = [
    list.source === "catalogue" ? t("fromCatalogue") : t("listed", { when: since(now - list.age_s * 1000, now) }),
    list.failure !== null && t("notAsked", { why: list.failure.message }),
  ];
  return (
    <>
      <div className="mb-2 flex items-center gap-3">
        <Input
          type="search"
          aria-label={t("findModel", { name: provider.name })}
          placeholder={t("findModelHint", { count: list.models.length, n: group(list.models.length) })}
          className="max-w-64"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <p className="selectable min-w-0 flex-1 truncate text-ink-3 text-xs">{notes.filter(Boolean).join(" ")}</p>
        {refresh}
      </div>
      <div role="table" aria-label={t("modelsOf", { name: provider.name })} aria-rowcount={shown.length + 1}>
        <div role="row" className={`${columns} h-6 text-2xs text-ink-3`}>
          <span role="columnheader">{t("model")}</span>
          <span role="columnheader" className="text-right">
            {t("context")}
          </span>
          <span role="columnheader" className="col-span-2 pr-9 text-right">
            {t("pricePerMillion")}
          </span>
        </div>
        <div
          ref={scroller}
          role="rowgroup"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className="focus-inset max-h-80 overflow-y-auto border-line border-t"
        >
          {shown.length === 0 && <p className="py-2 text-ink-3">{t("noModel")}</p>}
          <div role="presentation" className="relative" style={{ height: rows.getTotalSize() }}>
            {rows.getVirtualItems().map((item) => {
              const model = shown[item.index];
              if (model === undefined) return null;
              return (
                <div
                  key={model.id}
                  role="row"
                  aria-rowindex={item.index + 2}
                  className={`${columns} absolute inset-x-0 border-line border-b`}
                  style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                >
                  <span role="cell" className="selectable truncate font-mono text-xs" title={model.id}>
                    {model.id}
                  </span>
                  <span role="cell" className="tnum text-right text-ink-2">
                    {model.context === null ? "" : short(model.context)}
                  </span>
                  <Price model={model} own={priceOf(model)} />
                  <span role="cell">
                    <IconButton
                      small
                      icon={Pencil}
                      label={t("editPrice", { name: model.id })}
                      onClick={() => setEditing(model)}
                    />
                  </span>
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {editing && (
        <PriceDialog
          key={editing.id}
          target={`${provider.id}/${editing.id}`}
          price={editing.price}
          own={priceOf(editing) !== undefined}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

const columns = "grid grid-cols-[1fr_4.5rem_minmax(9rem,auto)_2rem] items-center gap-x-3";

function Price({ model, own }: { model: Model; own: OwnPrice | undefined }) {
  const price = own?.price ?? model.price;
  return (
    <span role="cell" className="tnum whitespace-nowrap text-right text-ink-2">
      {own && <span className="pr-2 text-ink-3 text-xs">{t("ownPrice")}</span>}
      {price === null ? (
        <span className="text-ink-3">{t("priceUnknown")}</span>
      ) : (
        `${money(price.input)} / ${money(price.output)}`
      )}
    </span>
  );
}

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
    <div>
      {refresh.error && (
        <div className="mb-3">
          <FailureNote failure={refresh.error} />
        </div>
      )}
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
    </div>
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
  const visible = rows.getVirtualItems();
  const priceOf = (model: Model): OwnPrice | undefined =>
    own.find((price) => price.target === `${provider.id}/${model.id}`);
  const notes = [
    list.source === "catalogue"
      ? t("fromCatalogue")
      : t("listed", { when: since(now - list.age_s * 1000, now) }),
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
        <p className="selectable min-w-0 flex-1 text-pretty text-ink-3 text-xs">
          {notes.filter(Boolean).join(" ")}
        </p>
        {refresh}
      </div>
      <div
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        className="focus-inset max-h-84 overflow-y-auto"
      >
        <table
          aria-label={t("modelsOf", { name: provider.name })}
          aria-rowcount={shown.length + 1}
          className="w-full table-fixed"
        >
          <thead className="sticky top-0 bg-paper text-2xs text-ink-3">
            <tr className="h-7">
              <th className="text-left font-normal">{t("model")}</th>
              <th className="w-20 text-right font-normal">{t("context")}</th>
              <th className="w-48 text-right font-normal">{t("pricePerMillion")}</th>
              <th className="w-9">
                <span className="sr-only">{t("change")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <Gap height={visible[0]?.start ?? 0} />
            {visible.map(({ index }) => {
              const model = shown[index];
              if (model === undefined) return null;
              return (
                <tr key={model.id} aria-rowindex={index + 2} className="h-8 border-line border-t">
                  <td className="selectable truncate font-mono text-xs" title={model.id}>
                    {model.id}
                  </td>
                  <td className="tnum text-right text-ink-2">
                    {model.context === null ? "" : short(model.context)}
                  </td>
                  <Price model={model} own={priceOf(model)} />
                  <td className="text-right">
                    <IconButton
                      small
                      icon={Pencil}
                      label={t("editPrice", { name: model.id })}
                      onClick={() => setEditing(model)}
                    />
                  </td>
                </tr>
              );
            })}
            <Gap height={rows.getTotalSize() - (visible.at(-1)?.end ?? 0)} />
          </tbody>
        </table>
        {shown.length === 0 && <p className="border-line border-t py-2 text-ink-3">{t("noModel")}</p>}
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

function Price({ model, own }: { model: Model; own: OwnPrice | undefined }) {
  const price = own?.price ?? model.price;
  return (
    <td className="tnum whitespace-nowrap text-right text-ink-2">
      {own && <span className="pr-2 text-ink-3 text-xs">{t("ownPrice")}</span>}
      {price === null ? (
        <span className="text-ink-3">{t("priceUnknown")}</span>
      ) : (
        `${money(price.input)} / ${money(price.output)}`
      )}
    </td>
  );
}

/** Stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr>
      <td colSpan={4} className="p-0" style={{ height }} />
    </tr>
  );
}

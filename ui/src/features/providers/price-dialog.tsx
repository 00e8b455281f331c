import { type FormEvent, useId, useState } from "react";
import type { Price } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Cancel, Dialog } from "@/components/dialog";
import { FailureNote } from "@/components/failure";
import { Field, Input } from "@/components/field";
import { saySo } from "@/components/toasts";
import { parseDollars, typedDollars } from "@/lib/format";
import { t } from "./words";

const FIELDS = ["input", "output", "cached_input", "cache_write"] as const;
type PriceField = (typeof FIELDS)[number];

interface PriceDialogProps {
  target: string;
  /** What it costs now, as far as anybody knows. */
  price: Price | null;
  /** Whether that is the user's own. */
  own: boolean;
  onClose: () => void;
}

/** Writes down what a model costs; what it cost before is corrected. */
export function PriceDialog({ target, price, own, onClose }: PriceDialogProps) {
  const form = useId();
  const [texts, setTexts] = useState<Record<PriceField, string>>(() => ({
    input: price ? typedDollars(price.input) : "",
    output: price ? typedDollars(price.output) : "",
    cached_input: price && price.cached_input !== price.input ? typedDollars(price.cached_input) : "",
    cache_write: price && price.cache_write !== price.input ? typedDollars(price.cache_write) : "",
  }));
  const [wrong, setWrong] = useState<ReadonlySet<PriceField>>(new Set());
  const done = ({ repriced }: { repriced: number }) => {
    saySo(t("repriced", { count: repriced }));
    onClose();
  };
  const set = useCommand("price.set", { onSuccess: done });
  const remove = useCommand("price.remove", { onSuccess: done });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = (field: PriceField) => (texts[field].trim() === "" ? null : parseDollars(texts[field]));
    const [input, output] = [read("input"), read("output")];
    const bad = FIELDS.filter((field) =>
      texts[field].trim() === "" ? field === "input" || field === "output" : read(field) === null,
    );
    setWrong(new Set(bad));
    if (bad.length > 0 || input === null || output === null) return;
    set.mutate({
      target,
      input,
      output,
      cached_input: read("cached_input"),
      cache_write: read("cache_write"),
    });
  };
  const failure = set.error ?? remove.error;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("priceTitle")}
      description={<code className="[overflow-wrap:anywhere]">{target}</code>}
      foot={
        <>
          {own && (
            <Button className="mr-auto" busy={remove.isPending} onClick={() => remove.mutate({ target })}>
              {t("publishedPrice")}
            </Button>
          )}
          <Cancel onClick={onClose} />
          <Button look="main" type="submit" form={form} busy={set.isPending}>
            {t("savePrice")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="grid grid-cols-2 gap-4">
        {FIELDS.map((field) => (
          <Field
            key={field}
            label={t(`price.${field}`)}
            optional={field === "cached_input" || field === "cache_write"}
            error={wrong.has(field) ? t("priceBad") : null}
          >
            {(ids) => (
              <Input
                {...ids}
                inputMode="decimal"
                value={texts[field]}
                onChange={(event) => setTexts({ ...texts, [field]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <p className="col-span-2 text-ink-3 text-xs">{t("priceHint")}</p>
        {failure && (
          <div className="col-span-2">
            <FailureNote failure={failure} />
          </div>
        )}
      </form>
    </Dialog>
  );
}

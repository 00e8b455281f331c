// What few providers need: another address, an authority of their own, an answer that only streams.

import { FileUp, X } from "lucide-react";
import { useId, useRef, useState } from "react";
import { shownAddress } from "@/lib/urls";
import { Button, IconButton } from "./button";
import { Check, Field, Input } from "./field";
import { t } from "./words";

export interface More {
  name: string;
  /** Certificates in PEM form. */
  ca: { file: string; text: string } | null;
  streamsOnly: boolean;
  /** The longest an answer may take. */
  seconds: number | null;
}

export const NO_MORE: More = { name: "", ca: null, streamsOnly: false, seconds: null };

/** A bundle of a few hundred certificates is not larger. */
const CA_CAP = 1 << 20;

interface MoreFieldsProps {
  more: More;
  onChange: (more: More) => void;
  disabled: boolean;
  /** The address of a kind that has a usual one. */
  url: { value: string; usual: string; set: (url: string) => void } | null;
}

export function MoreFields({ more, onChange, disabled, url }: MoreFieldsProps) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <Button small look="quiet" className="-ml-2.5" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t(open ? "provider.fewer" : "provider.more")}
      </Button>
      {open && (
        <div className="mt-2 flex flex-col gap-4">
          <Field label={t("provider.name")} optional hint={t("provider.nameHint")}>
            {(ids) => (
              <Input
                {...ids}
                value={more.name}
                maxLength={120}
                disabled={disabled}
                onChange={(event) => onChange({ ...more, name: event.target.value })}
              />
            )}
          </Field>
          {url && (
            <Field
              label={t("provider.baseUrl")}
              optional
              hint={t("provider.usualUrl", { url: shownAddress(url.usual) })}
            >
              {(ids) => (
                <Input
                  {...ids}
                  mono
                  value={url.value}
                  disabled={disabled}
                  onChange={(event) => url.set(event.target.value)}
                />
              )}
            </Field>
          )}
          <Authority more={more} onChange={onChange} disabled={disabled} />
          <Field label={t("provider.seconds")} optional hint={t("provider.secondsHint")}>
            {(ids) => (
              <Input
                {...ids}
                type="number"
                min={1}
                className="max-w-32"
                value={more.seconds ?? ""}
                disabled={disabled}
                onChange={(event) => {
                  const seconds = event.target.valueAsNumber;
                  onChange({ ...more, seconds: Number.isInteger(seconds) && seconds > 0 ? seconds : null });
                }}
              />
            )}
          </Field>
          <Check
            label={t("provider.streamsOnly")}
            hint={t("provider.streamsOnlyHint")}
            checked={more.streamsOnly}
            disabled={disabled}
            onChange={(event) => onChange({ ...more, streamsOnly: event.target.checked })}
          />
        </div>
      )}
    </div>
  );
}

function Authority({ more, onChange, disabled }: Omit<MoreFieldsProps, "url">) {
  const label = useId();
  const file = useRef<HTMLInputElement>(null);
  const [large, setLarge] = useState(false);
  return (
    <div className="flex flex-col gap-1">
      <p id={label} className="font-medium">
        {t("provider.ca")}
      </p>
      <div className="flex items-center gap-2">
        <Button
          small
          icon={FileUp}
          disabled={disabled}
          aria-describedby={label}
          onClick={() => file.current?.click()}
        >
          {t("provider.caChoose")}
        </Button>
        {more.ca && (
          <>
            <span className="truncate font-mono text-xs">{more.ca.file}</span>
            <IconButton
              small
              icon={X}
              label={t("provider.caRemove", { name: more.ca.file })}
              disabled={disabled}
              onClick={() => onChange({ ...more, ca: null })}
            />
          </>
        )}
      </div>
      <p role={large ? "alert" : undefined} className={large ? "text-bad text-xs" : "text-ink-3 text-xs"}>
        {t(large ? "provider.caLarge" : "provider.caHint")}
      </p>
      <input
        ref={file}
        type="file"
        accept=".pem,.crt,.cer"
        aria-labelledby={label}
        tabIndex={-1}
        className="sr-only"
        onChange={async (event) => {
          const chosen = event.target.files?.[0];
          event.target.value = "";
          if (chosen === undefined) return;
          setLarge(chosen.size > CA_CAP);
          if (chosen.size <= CA_CAP)
            onChange({ ...more, ca: { file: chosen.name, text: await chosen.text() } });
        }}
      />
    </div>
  );
}

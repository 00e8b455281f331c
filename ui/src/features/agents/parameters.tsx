import { Lock, LockOpen } from "lucide-react";
import { useState } from "react";
import { modelOf, useModelGroups } from "@/api/model-options";
import { Button, IconButton } from "@/components/button";
import { Area, Field, Input } from "@/components/field";
import { Select } from "@/components/select";
import { cx } from "@/lib/cx";
import { group } from "@/lib/format";
import { KINDS, type ParamName, RARE, USUAL } from "./params";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Sampling and length. A locked one cannot be changed by whoever calls. */
export function Parameters({ editor }: { editor: Editor }) {
  const { fields, faults } = editor;
  const told = (name: ParamName) =>
    fields.params[name] !== "" || fields.locked.includes(name) || faults[`params.${name}`] !== undefined;
  const [more, setMore] = useState(() => RARE.some(told));
  const shown = more || RARE.some((name) => faults[`params.${name}`]) ? [...USUAL, ...RARE] : USUAL;
  return (
    <>
      <div className="grid grid-cols-2 gap-x-4 gap-y-3.5">
        {shown.map((name) => (
          <Parameter key={name} name={name} editor={editor} />
        ))}
      </div>
      <Button small look="quiet" className="mt-2 -ml-2.5" aria-expanded={more} onClick={() => setMore(!more)}>
        {t(more ? "fewerParameters" : "moreParameters")}
      </Button>
    </>
  );
}

function Parameter({ name, editor }: { name: ParamName; editor: Editor }) {
  const { fields, faults } = editor;
  const kind = KINDS[name];
  const value = fields.params[name];
  const locked = fields.locked.includes(name);
  const most = modelOf(useModelGroups(), fields.target)?.max_output ?? null;
  const label = t(`params.${name}.label`);
  const set = (next: string) => editor.set("params", { ...fields.params, [name]: next });
  const lock = () =>
    editor.set(
      "locked",
      locked ? fields.locked.filter((one) => one !== name) : [...fields.locked, name].sort(),
    );
  const hint =
    name === "max_output_tokens" && most !== null
      ? t("maxOutputOf", { n: group(most) })
      : t(`params.${name}.hint`);
  return (
    <Field label={label} error={faults[`params.${name}`]} hint={hint}>
      {(ids) => (
        <div className="flex items-start gap-0.5">
          <div className="min-w-0 flex-1">
            {kind.as === "number" ? (
              <Input
                {...ids}
                inputMode={kind.whole ? "numeric" : "decimal"}
                placeholder={t("modelDefault")}
                value={value}
                onChange={(event) => set(event.target.value)}
              />
            ) : kind.as === "lines" ? (
              <Area {...ids} mono rows={2} value={value} onChange={(event) => set(event.target.value)} />
            ) : (
              <Select
                id={ids.id}
                value={value}
                className="w-full"
                onChange={set}
                options={
                  kind.as === "switch"
                    ? [
                        { value: "", label: t("modelDefault") },
                        { value: "true", label: t("yes") },
                        { value: "false", label: t("no") },
                      ]
                    : ["", ...kind.of].map((one) => ({ value: one, label: one || t("modelDefault") }))
                }
              />
            )}
          </div>
          <IconButton
            icon={locked ? Lock : LockOpen}
            label={t(locked ? "unlock" : "lock", { name: label })}
            aria-pressed={locked}
            className={cx(locked && "text-ink!")}
            onClick={lock}
          />
        </div>
      )}
    </Field>
  );
}

import { Field } from "@/components/field";
import { Select } from "@/components/select";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** What becomes of what a program sends along: instructions, tools, marks for a cache. */
export function Contract({ editor }: { editor: Editor }) {
  const { fields, set } = editor;
  return (
    <div className="grid grid-cols-2 gap-x-4 gap-y-3.5">
      <Field label={t("instructionsMerge")} hint={t(`merge.${fields.instructionsMerge}`)}>
        {({ id }) => (
          <Select
            id={id}
            value={fields.instructionsMerge}
            onChange={(value) => set("instructionsMerge", value)}
            options={[
              { value: "append", label: t("instructionsAppend") },
              { value: "replace", label: t("instructionsReplace") },
              { value: "ignore", label: t("instructionsIgnore") },
            ]}
          />
        )}
      </Field>
      <Field label={t("toolsMerge")} hint={t(`merge.${fields.toolsMerge}`)}>
        {({ id }) => (
          <Select
            id={id}
            value={fields.toolsMerge}
            onChange={(value) => set("toolsMerge", value)}
            options={[
              { value: "merge", label: t("toolsBoth") },
              { value: "caller-only", label: t("toolsCaller") },
              { value: "agent-only", label: t("toolsAgent") },
            ]}
          />
        )}
      </Field>
      <div>
        <p className="font-medium">{t("paramsMerge")}</p>
        <p className="pt-1.5 text-ink-2">
          {fields.locked.length === 0
            ? t("nothingLocked")
            : t("lockedAre", { names: fields.locked.map(labelOf).join(", ") })}
        </p>
      </div>
      <Field label={t("cache")} hint={t("cacheHint")}>
        {({ id }) => (
          <Select
            id={id}
            value={fields.cache}
            onChange={(value) => set("cache", value)}
            options={[
              { value: "off", label: t("cacheOff") },
              { value: "automatic", label: t("cacheAutomatic") },
            ]}
          />
        )}
      </Field>
    </div>
  );
}

const labelOf = (name: string) => t(`params.${name}.label` as "params.temperature.label");

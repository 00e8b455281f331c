import { CopyIcon } from "@/components/copy";
import { Field, Input } from "@/components/field";
import { IconPicker } from "./icon-picker";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Icon and names: for people, and for programs. */
export function Identity({ editor }: { editor: Editor }) {
  const { fields, faults, base } = editor;
  return (
    <div className="grid grid-cols-[auto_1fr_1fr] gap-x-4 max-md:grid-cols-[auto_1fr] gap-y-2">
      <div className="pt-6">
        <IconPicker icon={fields.icon} name={fields.name} onChange={(icon) => editor.set("icon", icon)} />
      </div>
      <Field label={t("name")} error={faults.name}>
        {(ids) => (
          <Input
            {...ids}
            value={fields.name}
            maxLength={120}
            onChange={(event) => editor.setName(event.target.value)}
          />
        )}
      </Field>
      <div className="max-md:col-start-2">
        <Field label={t("slug")} error={faults.slug} hint={t("slugHint")}>
          {(ids) => (
            <span className="flex items-center gap-0.5">
              <Input
                {...ids}
                mono
                value={fields.slug}
                maxLength={63}
                onChange={(event) => editor.setSlug(event.target.value)}
              />
              {base && <CopyIcon text={base.slug} label={t("copySlug")} />}
            </span>
          )}
        </Field>
      </div>
      <div className="col-start-2 col-end-4 max-md:col-end-3">
        <Field label={t("description")} hint={t("descriptionHint")}>
          {(ids) => (
            <Input
              {...ids}
              value={fields.description}
              maxLength={1000}
              onChange={(event) => editor.set("description", event.target.value)}
            />
          )}
        </Field>
      </div>
      {base && (
        <p className="col-start-2 col-end-4 max-md:col-end-3 -mt-1 flex items-center gap-1 text-ink-3 text-xs">
          {t("idIs")}
          <code className="selectable truncate">{base.id}</code>
          <CopyIcon text={base.id} label={t("copyId")} />
        </p>
      )}
    </div>
  );
}

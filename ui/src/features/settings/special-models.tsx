import { type FormEvent, useState } from "react";
import type { SettingsPatch } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Field } from "@/components/field";
import { ModelPicker } from "@/components/model-picker";
import { Part, type PartProps } from "./part";
import { t } from "./words";

/** The models that work for all agents, beside the one that each answers with. */
export function SpecialModels({ now }: PartProps) {
  return (
    <Part name="models" lead={t("modelsLead")}>
      <ModelLine
        key={`images ${now.image_model}`}
        label={t("modelImages")}
        hint={t("modelImagesHint")}
        held={now.image_model ?? ""}
        patch={(image_model) => ({ image_model })}
      />
      <ModelLine
        key={`meaning ${now.embedding_model}`}
        label={t("modelMeaning")}
        hint={t("modelMeaningHint")}
        held={now.embedding_model ?? ""}
        patch={(embedding_model) => ({ embedding_model })}
      />
    </Part>
  );
}

interface ModelLineProps {
  label: string;
  hint: string;
  /** `provider/model`; empty: none. */
  held: string;
  patch: (value: string) => SettingsPatch;
}

/** A model that is chosen and then saved. A failure stands with the field, for what was typed is still there. */
function ModelLine({ label, hint, held, patch }: ModelLineProps) {
  const [value, setValue] = useState(held);
  const set = useCommand("settings.set", {});
  const changed = value.trim() !== held;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed) set.mutate(patch(value.trim()));
  };
  return (
    <form className="border-line border-t py-3" onSubmit={submit}>
      <Field label={label} hint={hint} error={set.error?.message}>
        {(ids) => (
          <div className="flex gap-2">
            <div className="min-w-0 flex-1">
              <ModelPicker
                {...ids}
                value={value}
                onChange={(next) => {
                  setValue(next);
                  set.reset();
                }}
              />
            </div>
            {changed ? (
              <Button look="main" type="submit" busy={set.isPending}>
                {t("save")}
              </Button>
            ) : (
              held !== "" && (
                <Button busy={set.isPending} onClick={() => set.mutate(patch(""))}>
                  {t("modelOff")}
                </Button>
              )
            )}
          </div>
        )}
      </Field>
    </form>
  );
}

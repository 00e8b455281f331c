import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { modelOf, useModelGroups } from "@/api/model-options";
import { Button, IconButton } from "@/components/button";
import { Field } from "@/components/field";
import { ModelPicker } from "@/components/model-picker";
import { t as models } from "@/components/model-words";
import { money, short } from "@/lib/format";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** Where answers come from, and where they come from when that fails. */
export function ModelPart({ editor }: { editor: Editor }) {
  const { fields, faults } = editor;
  const known = modelOf(useModelGroups(), fields.target);
  const facts = known && [
    known.context !== null && models("contextOf", { tokens: short(known.context) }),
    known.price !== null &&
      models("priceOf", { input: money(known.price.input), output: money(known.price.output) }),
    known.abilities.tools === true && models("tools"),
    known.abilities.images === true && models("images"),
    known.abilities.reasoning === true && models("reasoning"),
  ];
  const said = facts ? facts.filter(Boolean).join(" · ") : "";
  return (
    <div className="flex flex-col gap-4">
      <Field label={t("target")} error={faults.target} hint={said || t("targetHint")}>
        {(ids) => (
          <ModelPicker {...ids} value={fields.target} onChange={(value) => editor.set("target", value)} />
        )}
      </Field>
      <Fallbacks editor={editor} />
    </div>
  );
}

function Fallbacks({ editor }: { editor: Editor }) {
  const list = editor.fields.fallbacks;
  const [moved, setMoved] = useState("");
  const rows = useRef<HTMLOListElement>(null);
  const put = (next: string[], focus?: number) => {
    editor.set("fallbacks", next);
    if (focus !== undefined)
      requestAnimationFrame(() =>
        rows.current?.querySelectorAll<HTMLElement>("[role=combobox]")[focus]?.focus(),
      );
  };
  const move = (from: number, to: number) => {
    const target = list[from];
    if (target === undefined || to < 0 || to >= list.length) return;
    const next = list.filter((_, at) => at !== from);
    next.splice(to, 0, target);
    put(next);
    setMoved(t("fallbackMoved", { model: target, place: to + 1 }));
  };
  const onKey = (event: KeyboardEvent, at: number) => {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const to = at + (event.key === "ArrowUp" ? -1 : 1);
    event.preventDefault();
    event.stopPropagation();
    if (to < 0 || to >= list.length) return;
    move(at, to);
    requestAnimationFrame(() => rows.current?.querySelectorAll<HTMLElement>("[role=combobox]")[to]?.focus());
  };
  return (
    <fieldset>
      <legend className="font-medium">{t("fallbacks")}</legend>
      <p className="mb-1.5 text-ink-3 text-xs">{t(list.length > 1 ? "fallbacksOrder" : "fallbacksHint")}</p>
      <ol ref={rows} className="flex flex-col gap-1.5">
        {list.map((target, at) => {
          const fault = editor.faults[`fallbacks.${at}`];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of typed text have their place as identity
            <li key={at}>
              <div className="flex items-center gap-1" onKeyDownCapture={(event) => onKey(event, at)}>
                <span className="tnum w-4 shrink-0 text-ink-3 text-xs">{at + 1}</span>
                <div className="min-w-0 flex-1">
                  <ModelPicker
                    aria-label={t("fallbackOf", { place: at + 1 })}
                    aria-invalid={fault ? true : undefined}
                    value={target}
                    onChange={(value) => put(list.map((one, other) => (other === at ? value : one)))}
                  />
                </div>
                <IconButton
                  small
                  icon={ArrowUp}
                  label={t("fallbackUp", { place: at + 1 })}
                  keys="Alt+↑"
                  disabled={at === 0}
                  onClick={() => move(at, at - 1)}
                />
                <IconButton
                  small
                  icon={ArrowDown}
                  label={t("fallbackDown", { place: at + 1 })}
                  keys="Alt+↓"
                  disabled={at === list.length - 1}
                  onClick={() => move(at, at + 1)}
                />
                <IconButton
                  small
                  icon={X}
                  label={t("fallbackRemove", { place: at + 1 })}
                  onClick={() => put(list.filter((_, other) => other !== at))}
                />
              </div>
              {fault && (
                <p role="alert" className="pl-5 text-bad text-xs">
                  {fault}
                </p>
              )}
            </li>
          );
        })}
      </ol>
      <span className="sr-only" role="status">
        {moved}
      </span>
      <Button
        small
        look="quiet"
        icon={Plus}
        className={list.length === 0 ? "-ml-2.5" : "mt-1 ml-3"}
        onClick={() => put([...list, ""], list.length)}
      >
        {t("fallbackAdd")}
      </Button>
    </fieldset>
  );
}

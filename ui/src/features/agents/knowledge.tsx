import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useCommand } from "@/api/mutations";
import { collections } from "@/api/queries";
import { Button } from "@/components/button";
import { Field, Input } from "@/components/field";
import { Collection } from "./collection";
import type { Editor } from "./use-editor";
import { t } from "./words";

/** The collections of files that the agent looks things up in. */
export function Knowledge({ editor }: { editor: Editor }) {
  const { fields, set } = editor;
  const all = useQuery(collections).data ?? [];
  const [adding, setAdding] = useState(false);
  const names = all.map(({ name }) => name);
  const missing = fields.knowledge.filter((name) => !names.includes(name));
  // in the order of the list, so that the same collections are the same draft
  const use = (name: string, on: boolean) => {
    const kept = [...names, ...missing].filter((one) => (one === name ? on : fields.knowledge.includes(one)));
    set("knowledge", kept);
  };
  return (
    <div className="flex flex-col gap-2">
      {all.map((one) => (
        <Collection
          key={one.id}
          collection={one}
          used={fields.knowledge.includes(one.name)}
          onUse={(on) => use(one.name, on)}
        />
      ))}
      {missing.map((name) => (
        <label key={name} className="flex items-center gap-2.5">
          <input type="checkbox" checked className="check" onChange={() => use(name, false)} />
          <span className="font-mono text-xs">{name}</span>
          <span className="text-warn text-xs">{t("knowledgeGone")}</span>
        </label>
      ))}
      {adding ? (
        <Adding
          onDone={(name) => {
            if (name !== null) set("knowledge", [...fields.knowledge.filter((one) => one !== name), name]);
            setAdding(false);
          }}
        />
      ) : (
        <Button small look="quiet" icon={Plus} className="-ml-2.5 self-start" onClick={() => setAdding(true)}>
          {t("knowledgeAdd")}
        </Button>
      )}
    </div>
  );
}

/** Makes a collection of a folder or file. It is there at once, whether the agent is saved or not. */
function Adding({ onDone }: { onDone: (name: string | null) => void }) {
  const [name, setName] = useState("");
  const [path, setPath] = useState("");
  const add = useCommand("knowledge.add", { onSuccess: (made) => onDone(made.name) });
  const ready = name.trim() !== "" && path.trim() !== "";
  const make = () => ready && add.mutate({ name: name.trim(), paths: [path.trim()] });
  // Enter would save the agent's form
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    make();
  };
  return (
    <div className="grid grid-cols-[1fr_2fr] gap-x-3 gap-y-2 border-line border-t pt-3">
      <Field label={t("knowledgeName")}>
        {(ids) => (
          <Input
            {...ids}
            mono
            autoFocus
            placeholder="notes"
            value={name}
            onKeyDown={onKeyDown}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("knowledgePath")} error={add.error?.message}>
        {(ids) => (
          <Input
            {...ids}
            mono
            placeholder="/home/me/notes"
            value={path}
            onKeyDown={onKeyDown}
            onChange={(event) => setPath(event.target.value)}
          />
        )}
      </Field>
      <span className="col-span-2 flex gap-2">
        <Button small busy={add.isPending} disabled={!ready} onClick={make}>
          {t("knowledgeMake")}
        </Button>
        <Button small look="quiet" onClick={() => onDone(null)}>
          {t("cancel")}
        </Button>
      </span>
    </div>
  );
}

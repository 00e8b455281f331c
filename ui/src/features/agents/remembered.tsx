import { useQuery } from "@tanstack/react-query";
import { Download, Plus, X } from "lucide-react";
import { useState } from "react";
import { run } from "@/api/client";
import type { MemoryScope, MemoryView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { forgotten, memories } from "@/api/queries";
import { Button, IconButton } from "@/components/button";
import { Area } from "@/components/field";
import { Select } from "@/components/select";
import { sayFailure, saySo } from "@/components/toasts";
import { date } from "@/lib/format";
import { failed, platform } from "@/platform";
import { t } from "./words";

/** What an agent remembers, newest first; added to, taken along, and brought back for a while. */
export function Remembered({ agent }: { agent: string }) {
  const all = useQuery(memories(agent)).data ?? [];
  const [adding, setAdding] = useState(false);
  return (
    <div>
      {all.length > 0 && (
        <ul aria-label={t("remembered")} className="border-line border-b">
          {all.map((one) => (
            <Row key={one.id} memory={one} />
          ))}
        </ul>
      )}
      {adding ? (
        <Adding agent={agent} onDone={() => setAdding(false)} />
      ) : (
        <span className="-ml-2.5 flex flex-wrap">
          <Button small look="quiet" icon={Plus} onClick={() => setAdding(true)}>
            {t("memoryAdd")}
          </Button>
          {all.length > 0 && (
            <Button small look="quiet" icon={Download} onClick={() => void exportAll(agent)}>
              {t("memoryExport")}
            </Button>
          )}
        </span>
      )}
      <Forgotten agent={agent} />
    </div>
  );
}

async function exportAll(agent: string): Promise<void> {
  try {
    const file = await run("memory.export", { agent });
    const path = await platform.save(file.file_name, "application/json", [file.text]);
    saySo(path === null ? t("exported") : t("exportedAt", { path }));
  } catch (error) {
    sayFailure(failed(error));
  }
}

/** Whose calls hear of it. */
function whom({ scope, client }: Pick<MemoryView, "scope" | "client">): string {
  return scope.of === "client"
    ? t("memoryFor.client", { name: client ?? scope.key })
    : t(`memoryFor.${scope.of}`);
}

type Whom = MemoryScope["of"];

interface ScopeChoiceProps {
  value: Whom;
  /** The memory, whose key stays a choice. */
  memory?: MemoryView;
  onChange: (value: Whom) => void;
}

function ScopeChoice({ value, memory, onChange }: ScopeChoiceProps) {
  const options: { value: Whom; label: string }[] = [
    { value: "app", label: t("memoryFor.app") },
    { value: "everybody", label: t("memoryFor.everybody") },
  ];
  if (memory?.scope.of === "client") options.unshift({ value: "client", label: whom(memory) });
  return (
    <Select label={t("memoryWhom")} value={value} options={options} onChange={onChange} className="w-56" />
  );
}

function Adding({ agent, onDone }: { agent: string; onDone: () => void }) {
  const [text, setText] = useState("");
  const [scope, setScope] = useState<Whom>("app");
  const add = useCommand("memory.add", { onError: sayFailure, onSuccess: onDone });
  const ready = text.trim() !== "" && scope !== "client";
  const make = () => ready && add.mutate({ agent, text: text.trim(), scope: { of: scope } });
  return (
    <div className="flex flex-col gap-2 py-2">
      <Area
        aria-label={t("memoryNew")}
        placeholder={t("memoryNew")}
        autoFocus
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <span className="flex flex-wrap gap-2">
        <ScopeChoice value={scope} onChange={setScope} />
        <Button busy={add.isPending} disabled={!ready} onClick={make}>
          {t("memoryMake")}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {t("cancel")}
        </Button>
      </span>
    </div>
  );
}

/** What was forgotten and is still there. */
function Forgotten({ agent }: { agent: string }) {
  const [open, setOpen] = useState(false);
  const all = useQuery(forgotten(agent)).data ?? [];
  const restore = useCommand("memory.restore", { onError: sayFailure });
  if (all.length === 0) return null;
  return (
    <details className="mt-1" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="w-fit rounded-sm text-ink-3 text-xs leading-6 hover:underline">
        {t("memoryForgotten", { count: all.length })}
      </summary>
      {open && (
        <ul aria-label={t("forgotten")} className="mt-1 max-h-60 overflow-y-auto">
          {all.map((memory) => (
            <li
              key={memory.id}
              className="flex items-start justify-between gap-4 border-line border-t py-2 text-ink-2"
            >
              <span className="min-w-0 [overflow-wrap:anywhere]">
                <bdi>{memory.text}</bdi>
                <span className="block text-ink-3 text-xs">
                  {[date(memory.created_at), whom(memory)].join(" · ")}
                </span>
              </span>
              <Button
                small
                look="quiet"
                disabled={restore.isPending}
                onClick={() => restore.mutate({ memory: memory.id })}
              >
                {t("memoryRestore")}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Row({ memory }: { memory: MemoryView }) {
  const { id, text, created_at, uses, from_outside, scope } = memory;
  const [typed, setTyped] = useState<string | null>(null);
  const [of, setOf] = useState<Whom>(scope.of);
  const edit = useCommand("memory.edit", { onError: sayFailure, onSuccess: () => setTyped(null) });
  const restore = useCommand("memory.restore", { onError: sayFailure });
  const forget = useCommand("memory.forget", {
    onError: sayFailure,
    onSuccess: () => saySo(t("forgotten"), () => restore.mutate({ memory: id })),
  });
  return (
    <li className="flex items-start justify-between gap-4 border-line border-t py-2">
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        {typed === null ? (
          <p>
            <bdi>{text}</bdi>
          </p>
        ) : (
          <>
            <Area
              aria-label={t("memoryEdit")}
              rows={2}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
            <span className="mt-1 mb-1.5 flex flex-wrap gap-2">
              <ScopeChoice value={of} memory={memory} onChange={setOf} />
              <Button
                busy={edit.isPending}
                disabled={typed.trim() === ""}
                onClick={() =>
                  edit.mutate({
                    memory: id,
                    text: typed.trim(),
                    scope: of === "client" || of === scope.of ? null : { of },
                  })
                }
              >
                {t("save")}
              </Button>
              <Button look="quiet" onClick={() => setTyped(null)}>
                {t("cancel")}
              </Button>
            </span>
          </>
        )}
        <p className="text-ink-3 text-xs">
          {[date(created_at), whom(memory), t("memoryUses", { count: uses })].join(" · ")}
        </p>
        {from_outside !== null && (
          <p className="text-warn text-xs">{t("memoryOutside", { source: from_outside })}</p>
        )}
      </div>
      <span className="flex shrink-0 items-center gap-1">
        {typed === null && (
          <Button
            small
            look="quiet"
            onClick={() => {
              setTyped(text);
              setOf(scope.of);
            }}
          >
            {t("memoryChange")}
          </Button>
        )}
        <IconButton small icon={X} label={t("forget")} onClick={() => forget.mutate({ memory: id })} />
      </span>
    </li>
  );
}

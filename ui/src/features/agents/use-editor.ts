// One agent's form: what is typed, what it is compared with, and the way to the app and back.

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Agent, AgentDraft } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { saySo } from "@/components/toasts";
import { isSlug, proposedSlug } from "@/lib/slug";
import { draftOf, type Faults, type Fields, fieldsOf, type SetField, same } from "./draft";
import { keep, keptOf, NEW } from "./kept";
import { t } from "./words";

const WRITE_AFTER = 300;

interface Begin {
  agent: Agent | null;
  all: readonly Agent[];
  /** What a new agent begins with. */
  start: Fields | null;
  /** The model of a new agent that has none yet; empty while no model is known. */
  target: string;
}

export function useEditor({ agent, all, start, target }: Begin) {
  const id = agent?.id ?? NEW;
  const [kept] = useState(() => keptOf(id));
  // the revision that is being edited; when a newer one comes meanwhile, saving is a conflict
  const [base, setBase] = useState(kept ? kept.base : agent);
  const [fields, setFields] = useState<Fields>(() => kept?.fields ?? start ?? fieldsOf(agent));
  const [faults, setFaults] = useState<Faults>({});
  const [slugTouched, setSlugTouched] = useState(agent !== null || fields.slug !== "");
  const navigate = useNavigate();
  const clean = same(fields, fieldsOf(base));

  const begin = (next: Agent) => {
    setBase(next);
    setFields(fieldsOf(next));
    setFaults({});
    keep(id, null);
  };
  // what the running save was given: what is typed meanwhile is not in its answer
  const sent = useRef<Fields | null>(null);
  const typedOn = (): Fields | null => {
    const { fields } = latest.current;
    return sent.current === null || same(fields, sent.current) ? null : fields;
  };
  const create = useCommand("agent.create", {
    onSuccess: (made) => {
      over.current = true;
      keep(NEW, null);
      const typed = typedOn();
      if (typed) keep(made.id, { fields: typed, base: made });
      navigate({ to: "/agents/$agent", params: { agent: made.id }, replace: true });
    },
  });
  const update = useCommand("agent.update", {
    onSuccess: (next) => {
      const typed = typedOn();
      if (typed) {
        setBase(next);
        keep(id, { fields: typed, base: next });
      } else begin(next);
      saySo(t("saved"));
    },
  });
  // an unchanged form follows the agent: another window, the command line, a rollback; one that was typed back to what
  // it was while it is saved has changed
  if (agent && base && clean && !update.isPending && agent.revision !== base.revision) begin(agent);

  // there is nothing to keep any more
  const over = useRef(false);
  const latest = useRef({ fields, base, clean });
  latest.current = { fields, base, clean };
  useEffect(() => {
    const write = () => {
      const { fields, base, clean } = latest.current;
      if (!over.current) keep(id, clean ? null : { fields, base });
    };
    window.addEventListener("pagehide", write);
    return () => {
      window.removeEventListener("pagehide", write);
      write();
    };
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed is what starts the wait
  useEffect(() => {
    const timer = setTimeout(() => {
      if (!over.current) keep(id, clean ? null : { fields, base });
    }, WRITE_AFTER);
    return () => clearTimeout(timer);
  }, [fields, clean, id]);

  // models may become known only after the form was opened
  useEffect(() => {
    if (agent !== null || target === "" || latest.current.fields.target !== "") return;
    setFields((old) => ({ ...old, target }));
    setFaults(({ target: _, ...others }) => others);
  }, [agent, target]);

  const set: SetField = (key, value) => {
    setFields((old) => ({ ...old, [key]: value }));
    setFaults((old) =>
      Object.fromEntries(Object.entries(old).filter(([at]) => at !== key && !at.startsWith(`${key}.`))),
    );
  };
  const read = (): AgentDraft | null => {
    const result = draftOf(fields);
    if ("faults" in result) {
      setFaults(result.faults);
      return null;
    }
    setFaults({});
    return result.draft;
  };
  const save = (revision: number | null) => {
    const draft = read();
    if (draft === null || create.isPending || update.isPending) return;
    sent.current = fields;
    if (base === null) create.mutate(draft);
    else update.mutate({ agent: base.id, draft, revision });
  };
  return {
    fields,
    faults,
    base,
    clean,
    /** Whether what is shown was kept from an earlier visit. */
    restored: kept !== null,
    busy: create.isPending || update.isPending,
    failure: create.error ?? update.error,
    conflict: base !== null && update.error?.view.kind === "conflict" && update.error.view.param !== "slug",
    set,
    setName: (name: string) => {
      set("name", name);
      if (!slugTouched) set("slug", proposedSlug(name, new Set(all.map((one) => one.slug))));
    },
    setSlug: (slug: string) => {
      setSlugTouched(true);
      set("slug", slug);
    },
    begin,
    save: () => save(base?.revision ?? null),
    overwrite: () => save(null),
    discard: () => {
      update.reset();
      create.reset();
      keep(id, null);
      const now = agent ?? base;
      if (now) begin(now);
      else over.current = true;
    },
    /** The draft to try out; a name that is still missing does not matter yet. */
    trial: (): AgentDraft | null => {
      const whole = {
        ...fields,
        name: fields.name.trim() === "" ? t("create") : fields.name,
        slug: isSlug(fields.slug) ? fields.slug : "draft",
      };
      const result = draftOf(whole);
      if ("faults" in result) {
        setFaults(result.faults);
        return null;
      }
      return result.draft;
    },
  };
}

export type Editor = ReturnType<typeof useEditor>;

// One agent's form: what is typed, what it is compared with, and the way to the app and back.

import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { run } from "@/api/client";
import type { Agent, AgentDraft, SaveDraft, SavedDraft } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { sayFailure, saySo } from "@/components/toasts";
import { isSlug, proposedSlug } from "@/lib/slug";
import { failed } from "@/platform";
import { draftOf, type Faults, type Fields, fieldsOf, type SetField, same } from "./draft";
import { keep, keptOf, NEW } from "./kept";
import { t } from "./words";

const WRITE_AFTER = 300;

interface Begin {
  agent: Agent | null;
  /** The draft that is saved beside it, or before there is one. */
  draft: SavedDraft | null;
  all: readonly Agent[];
  /** What a new agent begins with. */
  start: Fields | null;
  /** The model of a new agent that has none yet; empty while no model is known. */
  target: string;
}

/** What the form stands on: a saved draft, else what programs have. */
const ground = (base: Agent | null, saved: SavedDraft | null) => fieldsOf(saved?.draft ?? base);

export function useEditor({ agent, draft, all, start, target }: Begin) {
  const id = agent?.id ?? draft?.agent ?? NEW;
  const [kept] = useState(() => keptOf(id));
  // the revision that is being edited; when a newer one comes meanwhile, saving is a conflict
  const [base, setBase] = useState(kept ? kept.base : agent);
  // and the draft: another one meanwhile is one too
  const [saved, setSaved] = useState(kept ? kept.saved : draft);
  const [fields, setFields] = useState<Fields>(() => kept?.fields ?? start ?? ground(agent, draft));
  const [faults, setFaults] = useState<Faults>({});
  const [slugTouched, setSlugTouched] = useState(id !== NEW || fields.slug !== "");
  const [elsewhere, setElsewhere] = useState(false);
  const navigate = useNavigate();
  const clean = same(fields, ground(base, saved));

  const begin = (next: Agent | null, nextDraft: SavedDraft | null) => {
    setBase(next);
    setSaved(nextDraft);
    setFields(ground(next, nextDraft));
    setFaults({});
    setElsewhere(false);
    keep(id, null);
  };
  // what the running save was given: what is typed meanwhile is not in its answer
  const sent = useRef<Fields | null>(null);
  const typedOn = (): Fields | null => {
    const { fields } = latest.current;
    return sent.current === null || same(fields, sent.current) ? null : fields;
  };
  const landed = (next: Agent | null, nextDraft: SavedDraft | null) => {
    const typed = typedOn();
    if (typed === null) return begin(next, nextDraft);
    setBase(next);
    setSaved(nextDraft);
    setElsewhere(false);
    keep(id, { fields: typed, base: next, saved: nextDraft });
  };
  /** A form that was for nobody yet goes on as that of an agent. */
  const moveOn = (to: string, next: Agent | null, nextDraft: SavedDraft | null) => {
    over.current = true;
    keep(NEW, null);
    const typed = typedOn();
    if (typed) keep(to, { fields: typed, base: next, saved: nextDraft });
    navigate({ to: "/agents/$agent", params: { agent: to }, replace: true });
  };
  const create = useCommand("agent.create", { onSuccess: (made) => moveOn(made.id, made, null) });
  const update = useCommand("agent.update", {
    onSuccess: (next) => {
      landed(next, null);
      saySo(t("saved"));
    },
  });
  const publish = useCommand("agent.publish", {
    onSuccess: (next) => {
      landed(next, null);
      saySo(t("published", { revision: next.revision }));
    },
  });
  const keepDraft = useCommand("agent.draft_save", {
    onSuccess: (next) => {
      if (id === NEW) moveOn(next.agent, null, next);
      else landed(base, next);
      saySo(t("draft.done"));
    },
  });
  const drop = useCommand("agent.draft_discard", {
    onError: sayFailure,
    onSuccess: (gone) => {
      if (agent) begin(agent, null);
      else {
        over.current = true;
        keep(id, null);
        navigate({ to: "/agents" });
      }
      const again = { agent: agent ? gone.agent : null, draft: gone.draft, based_on: gone.based_on };
      saySo(t("draft.gone"), () => bringBack(again));
    },
  });
  const commands = [create, update, publish, keepDraft] as const;
  const busy = drop.isPending || commands.some((one) => one.isPending);
  const failure = commands.find((one) => one.error)?.error ?? null;
  const forget = () => {
    for (const one of commands) one.reset();
    setElsewhere(false);
  };
  // an unchanged form follows: another window, the command line, a rollback; one that was typed back to what it was
  // while it is saved has changed
  const moved = agent?.revision !== base?.revision || draft?.saved_at !== saved?.saved_at;
  if ((agent ?? draft) && clean && !busy && moved) begin(agent, draft);

  // there is nothing to keep any more
  const over = useRef(false);
  const latest = useRef({ fields, base, saved, clean });
  latest.current = { fields, base, saved, clean };
  useEffect(() => {
    const write = () => {
      const { clean, ...whole } = latest.current;
      if (!over.current) keep(id, clean ? null : whole);
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
      if (!over.current) keep(id, clean ? null : { fields, base, saved });
    }, WRITE_AFTER);
    return () => clearTimeout(timer);
  }, [fields, clean, id]);

  // models may become known only after the form was opened
  useEffect(() => {
    if (id !== NEW || target === "" || latest.current.fields.target !== "") return;
    setFields((old) => ({ ...old, target }));
    setFaults(({ target: _, ...others }) => others);
  }, [id, target]);

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
  /** What is to be saved; `null` when it cannot be, or something runs already. */
  const ready = (): AgentDraft | null => {
    const whole = read();
    if (whole === null || busy) return null;
    forget();
    sent.current = fields;
    return whole;
  };
  const save = (overwrite: boolean) => {
    const whole = ready();
    if (whole === null) return;
    if (saved !== null)
      publish.mutate({ agent: saved.agent, draft: whole, based_on: saved.based_on, overwrite });
    else if (base === null) create.mutate(whole);
    else update.mutate({ agent: base.id, draft: whole, revision: overwrite ? null : base.revision });
  };
  const saveDraft = (overwrite: boolean) => {
    const whole = ready();
    if (whole === null) return;
    if (!overwrite && draft?.saved_at !== saved?.saved_at) return setElsewhere(true);
    keepDraft.mutate({
      agent: id === NEW ? null : id,
      draft: whole,
      based_on: saved === null ? base?.revision : saved.based_on,
      edited: overwrite ? null : saved?.saved_at,
    });
  };
  const refused = (one: typeof failure) => one?.view.kind === "conflict" && one.view.param !== "slug";
  return {
    fields,
    faults,
    base,
    saved,
    clean,
    /** Whether what is shown was kept from an earlier visit. */
    restored: kept !== null,
    busy,
    failure,
    conflict: elsewhere || (id !== NEW && refused(failure)),
    set,
    setName: (name: string) => {
      set("name", name);
      if (!slugTouched) set("slug", proposedSlug(name, new Set(all.map((one) => one.slug))));
    },
    setSlug: (slug: string) => {
      setSlugTouched(true);
      set("slug", slug);
    },
    save: () => save(false),
    saveDraft: () => saveDraft(false),
    discardDraft: () => {
      if (saved !== null && !busy) drop.mutate({ agent: saved.agent });
    },
    /** An old revision is the newest again; a draft stays what it is. */
    rolledBack: (next: Agent) => (saved === null ? begin(next, null) : setBase(next)),
    overwrite: () => (elsewhere || keepDraft.error ? saveDraft(true) : save(true)),
    /** Shows what is there by now in place of what was typed. */
    load: () => {
      const over = publish.error !== null;
      forget();
      if (!(over && agent && draft)) return begin(agent, draft);
      // programs have another revision: whoever has seen it may publish over it
      setBase(agent);
      setSaved({ ...draft, based_on: agent.revision });
      setFields(fieldsOf(agent));
      setFaults({});
    },
    discard: () => {
      forget();
      keep(id, null);
      const now = agent ?? base;
      if (now ?? draft) begin(now, draft);
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

/** A notice tells every window of it. */
const bringBack = (draft: SaveDraft) =>
  run("agent.draft_save", draft).catch((error) => sayFailure(failed(error)));

export type Editor = ReturnType<typeof useEditor>;

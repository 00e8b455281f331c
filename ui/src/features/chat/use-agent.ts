import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Icon } from "@/api/generated/types";
import { agents, models, settings } from "@/api/queries";
import { recall, remember } from "@/lib/store";

/** Something that can answer: an agent, or a model of a provider. */
export interface Answerer {
  /** What a call names: a slug, or `provider/model`. */
  readonly value: string;
  readonly label: string;
  readonly hint: string;
  readonly agent: boolean;
  /** An agent's; absent is the plain one. */
  readonly icon?: Icon;
}

/** Who answers next: what was chosen, else who answered last, else the last choice, else the default, else the first agent. */
export function useAgent(preferred: string | null): {
  slug: string | null;
  options: readonly Answerer[];
  choose: (slug: string) => void;
  /** Stays with who it is now, whoever answers beside. */
  hold: () => void;
  known: boolean;
} {
  const list = useQuery(agents).data;
  const all = useQuery(models).data;
  const byDefault = useQuery(settings).data?.default_agent ?? null;
  const fallback = list?.find((agent) => agent.id === byDefault || agent.slug === byDefault)?.slug ?? null;
  const [chosen, setChosen] = useState<string | null>(null);
  const options = useMemo<Answerer[]>(
    () => [
      ...(list ?? []).map((agent) => ({
        value: agent.slug,
        label: agent.name,
        hint: String(agent.target),
        agent: true,
        icon: agent.icon,
      })),
      ...(all ?? [])
        .filter((model) => !model.agent)
        .map((model) => ({ value: model.id, label: model.id, hint: "", agent: false })),
    ],
    [list, all],
  );
  const firstAgent = options.find((option) => option.agent)?.value;
  const candidates = [chosen, preferred, recall("agent"), fallback, firstAgent];
  const slug = candidates.find((one) => options.some((option) => option.value === one)) ?? null;
  return {
    slug,
    options,
    known: list !== undefined,
    hold: () => setChosen(slug),
    choose: (next) => {
      remember("agent", next);
      setChosen(next);
    },
  };
}

/** What an answerer is called. */
export const nameOf = (options: readonly Answerer[], slug: string | null): string | null =>
  options.find((option) => option.value === slug)?.label ?? slug;

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { agents, settings } from "@/api/queries";
import { recall, remember } from "@/lib/store";

/** The agent that answers next: what was chosen, else the session's, else the last one, else the default, else the first. */
export function useAgent(preferred: string | null): {
  slug: string | null;
  options: Array<{ value: string; label: string; hint: string }>;
  choose: (slug: string) => void;
  known: boolean;
} {
  const list = useQuery(agents).data;
  const byDefault = useQuery(settings).data?.default_agent ?? null;
  const fallback = list?.find((agent) => agent.id === byDefault || agent.slug === byDefault)?.slug ?? null;
  const [chosen, setChosen] = useState<string | null>(null);
  const options = (list ?? []).map((agent) => ({
    value: agent.slug,
    label: agent.name,
    hint: `${agent.slug} · ${agent.target}`,
  }));
  const candidates = [chosen, preferred, recall("agent"), fallback, options[0]?.value];
  const slug = candidates.find((candidate) => options.some((option) => option.value === candidate)) ?? null;
  return {
    slug,
    options,
    known: list !== undefined,
    choose: (next) => {
      remember("agent", next);
      setChosen(next);
    },
  };
}

// The models of all providers, for whoever chooses one.

import { useQueries, useQuery } from "@tanstack/react-query";
import type { Model } from "./generated/types";
import { providerModels, providers } from "./queries";

export interface ModelOption {
  /** `provider/model`. */
  id: string;
  model: Model;
}

export interface ModelGroup {
  /** The provider. */
  value: string;
  name: string;
  items: ModelOption[];
  /** Whether the provider could not be asked just now. */
  failure: boolean;
}

/** Grouped by provider; those that could not be asked come last, and one without models has no group. */
export function useModelGroups(): ModelGroup[] {
  const all = useQuery(providers).data ?? [];
  return useQueries({
    queries: all.map((provider) => providerModels(provider.id)),
    combine: (lists) =>
      lists
        .flatMap((list, at): ModelGroup[] => {
          const provider = all[at];
          if (provider === undefined || list.data === undefined || list.data.models.length === 0) return [];
          return [
            {
              value: provider.id,
              name: provider.name,
              items: list.data.models.map((model) => ({ id: `${provider.id}/${model.id}`, model })),
              failure: list.data.failure !== null,
            },
          ];
        })
        .sort((one, other) => Number(one.failure) - Number(other.failure)),
  });
}

/** What is known of one target, when its provider lists it. */
export const modelOf = (groups: readonly ModelGroup[], target: string): Model | null =>
  groups.flatMap((group) => group.items).find((item) => item.id === target.trim())?.model ?? null;

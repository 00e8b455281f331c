import type { BudgetOwner, UsageRow } from "@/api/generated/types";
import type { By, Measure } from "./span";
import { t } from "./words";

/** What a group is called: calls without an agent, a key or a program have names of the reader's language. */
export function nameOf(row: Pick<UsageRow, "group" | "id">, by: By): string {
  if (row.id === null) return by === "agent" ? t("rawModels") : t("thisApp");
  return by === "client" && row.id === "" ? t("unknownProgram") : row.group;
}

/** What a budget's owner is called. */
export const budgetName = (owner: BudgetOwner): string =>
  owner.of === "everything"
    ? t("budgets.everything")
    : owner.of === "key"
      ? t("budgets.key", { name: owner.name })
      : t("budgets.agent", { name: owner.slug });

/** The activity that a group stands for; `null` where calls cannot be found by it. */
export function filterOf(row: Pick<UsageRow, "id">, by: By): Record<string, string> | null {
  if (row.id === null || by === "client") return null;
  return { [{ agent: "agent", model: "target", provider: "target", key: "client" }[by]]: row.id };
}

interface Sums {
  usage: UsageRow["usage"];
  cost: number;
  calls: number;
}

export const measured = (sums: Sums, measure: Measure): number =>
  measure === "cost" ? sums.cost : measure === "calls" ? sums.calls : sums.usage.input + sums.usage.output;

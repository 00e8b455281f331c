import type { BudgetNews } from "@/api/budget-news";
import { money } from "@/lib/format";
import { budgetName } from "./names";
import { t } from "./words";

/** Which budget is near its end, or at it. */
export const nearTitle = ({ owner, percent }: BudgetNews): string =>
  t(percent >= 100 ? "budgets.newsOver" : "budgets.newsNear", { name: budgetName(owner) });

/** How it stands. */
export const nearText = ({ budget, spent }: BudgetNews): string =>
  `${t("budgets.of", { spent: money(spent), cap: money(budget.cap) })} · ${t(`budgets.per.${budget.per}`)}`;

export const showUsage = (): string => t("budgets.newsShow");

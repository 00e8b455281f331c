// A budget near its end, told once by the app; whoever can show it listens here.

import type { Notice } from "./generated/types";

export type BudgetNews = Extract<Notice, { notice: "budget_near" }>;

const listeners = new Set<(news: BudgetNews) => void>();

/** Hears of budgets near their end until the returned function is called. */
export function onBudgetNews(listener: (news: BudgetNews) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function takeBudgetNews(news: BudgetNews): void {
  for (const listener of listeners) listener(news);
}

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { type BudgetNews, onBudgetNews } from "@/api/budget-news";
import { sayWith } from "@/components/toasts";
import { nearText, nearTitle, showUsage } from "@/features/usage/news";
import { platform } from "@/platform";

/** A budget near its end is told outside of the window, or in it where it is looked at; both lead to Usage. */
export function useBudgetNews(): void {
  const navigate = useNavigate();
  useEffect(() => {
    const open = () => navigate({ to: "/usage" });
    const tell = async (news: BudgetNews) => {
      const [title, text] = [nearTitle(news), nearText(news)];
      const became = await platform.notify(title, text, showUsage()).catch(() => "not_shown" as const);
      if (became === "opened") open();
      if (became === "not_shown") sayWith(title, text, showUsage(), open);
    };
    return onBudgetNews((news) => void tell(news));
  }, [navigate]);
}

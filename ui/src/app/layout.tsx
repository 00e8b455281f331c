import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { status } from "@/api/queries";
import { LinkDoor } from "@/components/link-door";
import { TipProvider } from "@/components/tip";
import { Toasts } from "@/components/toasts";
import { Links } from "@/features/links/links";
import { progress } from "@/features/onboarding/progress";
import { useApprovalNews } from "./approval-news";
import { Banner } from "./banner";
import { useBudgetNews } from "./budget-news";
import { useContextMenu } from "./context-menu";
import { useLanguageSetting } from "./language";
import { useMenus } from "./menus";
import { Palette } from "./palette";
import { Rail } from "./rail";
import { ShortcutSheet, useShortcuts } from "./shortcuts";
import { useTheme } from "./theme";
import { useUpdateNews } from "./update-news";

export function Layout() {
  const [overlay, setOverlay] = useState<"palette" | "sheet" | null>(null);
  useTheme();
  useLanguageSetting();
  useShortcuts(setOverlay);
  useMenus(setOverlay);
  useContextMenu();
  useFirstSteps();
  useApprovalNews();
  useBudgetNews();
  useUpdateNews();
  const bare = useLocation().pathname === "/welcome";
  return (
    <TipProvider delay={500}>
      <div className="flex h-full">
        {!bare && <Rail />}
        <div className="flex h-full min-w-0 flex-1 flex-col">
          <Banner />
          <div className="min-h-0 flex-1">
            <Outlet />
          </div>
        </div>
      </div>
      <Palette
        open={overlay === "palette"}
        onClose={() => setOverlay(null)}
        onSheet={() => setOverlay("sheet")}
      />
      <ShortcutSheet open={overlay === "sheet"} onClose={() => setOverlay(null)} />
      <LinkDoor />
      <Links />
      <Toasts />
    </TipProvider>
  );
}

/** Where the window opens by itself; who is anywhere else has chosen to be there. */
const OPENING = new Set(["", "/", "/chat"]);

/** The first time, the window opens with the first steps. */
function useFirstSteps(): void {
  const first = useQuery(status).data?.first_run;
  const [sent, setSent] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    if (first === undefined || sent) return;
    setSent(true);
    // the router hears of a new address later than the window has it
    const [at = ""] = window.location.hash.slice(1).split("?");
    if (!OPENING.has(at)) return;
    if (first || progress().provider !== null) navigate({ to: "/welcome", replace: true });
  }, [first, sent, navigate]);
}

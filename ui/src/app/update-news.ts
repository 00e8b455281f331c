// A newer version, looked for once a day where the settings say so. It is told, and nothing more comes of it.

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { settings } from "@/api/queries";
import { sayWith } from "@/components/toasts";
import { words } from "@/i18n";
import { recall, remember } from "@/lib/store";
import { platform } from "@/platform";

const t = words("settings");
const DAY = 24 * 60 * 60 * 1000;
const HOUR = 60 * 60 * 1000;
const KEY = "update-checked";

export function useUpdateNews(): void {
  const wanted = useQuery(settings).data?.check_for_updates === true;
  const navigate = useNavigate();
  useEffect(() => {
    const source = platform.updates;
    if (!wanted || source === undefined) return;
    const look = async () => {
      if (Date.now() - Number(recall(KEY) ?? 0) < DAY) return;
      remember(KEY, String(Date.now()));
      if ((await source.channel()) !== "own") return;
      const release = await source.check();
      if (release === null) return;
      const title = t("updatesTold", { version: release.version });
      sayWith(title, t("updatesTellText"), t("updatesSee"), () => navigate({ to: "/settings" }));
    };
    // a feed that does not answer is tried tomorrow, and nobody is bothered with it
    const quietly = () => void look().catch(() => undefined);
    quietly();
    const timer = setInterval(quietly, HOUR);
    return () => clearInterval(timer);
  }, [wanted, navigate]);
}

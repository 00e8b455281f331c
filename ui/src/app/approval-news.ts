import { useEffect } from "react";
import { onApprovalWanted } from "@/api/approval-news";
import type { ApprovalView } from "@/api/generated/types";
import { t } from "@/approvals/words";
import { platform } from "@/platform";

const LONGEST = 80;

/** What waits is told outside of the window, and a click leads to where it can be answered; in the window it stands
 * where it belongs. */
export function useApprovalNews(): void {
  useEffect(() => onApprovalWanted(tell), []);
}

function tell({ agent_name, reach }: ApprovalView): void {
  const agent = agent_name.length > LONGEST ? `${agent_name.slice(0, LONGEST)}…` : agent_name;
  const title = t("waits", { agent });
  platform.notify(title, t(`title.${reach}`), t("review"), "approvals").catch(() => undefined);
}

import type { ApprovalView } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { t } from "@/approvals/words";
import { Button } from "@/components/button";
import { sayFailure } from "@/components/toasts";
import { platform } from "@/platform";

/** What can be done here about something that waits: deny it, or look at it where it can be approved. */
export function ApprovalActions({ approval }: { approval: ApprovalView }) {
  const answer = useCommand("approval.answer", { onError: sayFailure });
  const deny = () => answer.mutate({ approval: approval.id, decision: "deny" });
  return (
    <span className="flex shrink-0 gap-2">
      <Button small busy={answer.isPending} onClick={deny}>
        {t("deny")}
      </Button>
      <Review />
    </span>
  );
}

/** The way to the window in which it can be approved, and nowhere else. */
export function Review() {
  return (
    <Button small onClick={() => platform.review()}>
      {t("review")}
    </Button>
  );
}

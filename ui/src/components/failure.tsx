import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { FailureView } from "@/api/generated/types";
import { cx } from "@/lib/cx";
import { CommandFailed } from "@/platform";
import { Button } from "./button";
import { t } from "./words";

interface FailureNoteProps {
  failure: Pick<FailureView, "message" | "hint"> | CommandFailed | Error;
  onRetry?: () => void;
  children?: ReactNode;
}

/** What happened, what to do about it, and a way to try again. */
export function FailureNote({ failure, onRetry, children }: FailureNoteProps) {
  const view: Pick<FailureView, "message" | "hint"> =
    failure instanceof CommandFailed
      ? failure.view
      : failure instanceof Error
        ? { message: failure.message, hint: null }
        : failure;
  return (
    <div role="alert" className="flex gap-2.5 rounded-md bg-bad-wash px-3 py-2.5">
      <CircleAlert
        size={16}
        strokeWidth={1.75}
        className={cx("shrink-0 text-bad", onRetry ? "mt-1.5" : "mt-0.5")}
        aria-hidden="true"
      />
      <div className={cx("min-w-0 flex-1 [overflow-wrap:anywhere]", onRetry && "py-1")}>
        <p className="selectable">{view.message}</p>
        {view.hint && <p className="selectable text-ink-2">{view.hint}</p>}
        {children}
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          {t("failure.again")}
        </Button>
      )}
    </div>
  );
}

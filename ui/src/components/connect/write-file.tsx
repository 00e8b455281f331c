import { useEffect } from "react";
import type { ToolText } from "@/api/generated/types";
import { useCommand } from "@/api/mutations";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Diff } from "@/components/diff";
import { FailureNote } from "@/components/failure";
import { saySo } from "@/components/toasts";
import { t } from "./words";

interface WriteFileProps {
  open: boolean;
  onClose: () => void;
  tool: ToolText;
  agent: string;
  secret: string | null;
}

/** Shows what would change in a program's own file, and changes it when that is wanted. */
export function WriteFile({ open, onClose, tool, agent, secret }: WriteFileProps) {
  const { data: plan, error, mutate: look, reset } = useCommand("connect.write");
  const write = useCommand("connect.write", {
    onSuccess: (file) => {
      onClose();
      saySo(
        file.backup === null
          ? t("write.done", { tool: tool.name })
          : `${t("write.done", { tool: tool.name })}. ${t("write.backup", { path: file.backup })}`,
      );
    },
  });
  const resetWrite = write.reset;
  useEffect(() => {
    if (!open) return;
    reset();
    resetWrite();
    look({ tool: tool.tool, agent, key: secret });
  }, [open, tool.tool, agent, secret, look, reset, resetWrite]);
  const same = plan?.diff === "";
  // against a file that is not there, every line is new
  const fresh = plan !== undefined && /^@@ -0,0 /m.test(plan.diff);
  const failure = error ?? write.error;
  return (
    <Dialog
      wide
      open={open}
      onClose={onClose}
      title={t("write.title", { tool: tool.name })}
      description={plan && t(same ? "write.same" : fresh ? "write.fresh" : "write.text", { path: plan.path })}
      foot={
        same ? (
          <Button onClick={onClose}>{t("write.close")}</Button>
        ) : (
          <>
            <Button onClick={onClose}>{t("write.close")}</Button>
            <Button
              look="main"
              busy={write.isPending}
              disabled={plan === undefined}
              onClick={() => plan && write.mutate({ tool: tool.tool, agent, key: secret, seen: plan.diff })}
            >
              {t("write.do")}
            </Button>
          </>
        )
      }
    >
      {plan && !same && <Diff text={plan.diff} label={t("write.diff")} />}
      {plan && !same && secret === null && <p className="mt-2 text-ink-2 text-xs">{t("write.noKey")}</p>}
      {failure && (
        <div className="mt-3">
          <FailureNote
            failure={failure}
            onRetry={() => {
              resetWrite();
              look({ tool: tool.tool, agent, key: secret });
            }}
          />
        </div>
      )}
    </Dialog>
  );
}

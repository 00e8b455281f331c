import { ChevronLeft, ChevronRight } from "lucide-react";
import type { MessageView } from "@/api/generated/types";
import { IconButton } from "@/components/button";
import { t } from "./words";

/** The version so many steps away from the one that is shown. */
export const versionAt = (message: MessageView, step: number): string | undefined =>
  message.branches[message.branches.indexOf(message.id) + step];

/** Which of several versions is shown, and the way to the others. */
export function Branches({ message, show }: { message: MessageView; show: (id: string) => void }) {
  const count = message.branches.length;
  if (count < 2) return null;
  const at = message.branches.indexOf(message.id) + 1;
  const before = versionAt(message, -1);
  const after = versionAt(message, 1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <span
      role="group"
      aria-label={t("versions")}
      className="tnum inline-flex items-center text-ink-3 text-xs"
    >
      <IconButton
        small
        icon={ChevronLeft}
        label={t("before")}
        disabled={before === undefined}
        onClick={() => before !== undefined && show(before)}
      />
      {t("versionOf", { at, count })}
      <IconButton
        small
        icon={ChevronRight}
        label={t("after")}
        disabled={after === undefined}
        onClick={() => after !== undefined && show(after)}
      />
    </span>
  );
}

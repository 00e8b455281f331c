import { duration } from "@/lib/format";
import { Fold } from "./fold";
import { t } from "./words";

interface ReasoningProps {
  text: string;
  growing: boolean;
  /** How long it took, once that is known. */
  took?: number | null;
}

/** What the model thought: open while it thinks, folded once it speaks. */
export function Reasoning({ text, growing, took = null }: ReasoningProps) {
  return (
    <div className="mb-3">
      <Fold
        summary={growing ? t("thinking") : t("reasoning")}
        note={took !== null && !growing ? duration(took) : undefined}
        open={growing || undefined}
      >
        <p className="selectable whitespace-pre-wrap text-ink-2 [overflow-wrap:anywhere]">{text}</p>
      </Fold>
    </div>
  );
}

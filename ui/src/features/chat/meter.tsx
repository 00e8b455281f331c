import { useQuery } from "@tanstack/react-query";
import { models } from "@/api/queries";
import { Tip } from "@/components/tip";
import { cx } from "@/lib/cx";
import { group, short } from "@/lib/format";
import { t } from "./words";

interface MeterProps {
  /** What answers next: an agent's slug, or a model. */
  agent: string | null;
  /** Tokens of the conversation so far, as its provider counted them. */
  used: number;
  /** What is being written, and not counted yet. */
  text: string;
}

/** How much of the model's window the conversation takes; nothing where the window is not known. */
export function Meter({ agent, used, text }: MeterProps) {
  const window = useQuery(models).data?.find((model) => model.id === agent)?.context ?? null;
  // about four letters a token, until the provider counts
  const tokens = used + Math.ceil(text.length / 4);
  if (window === null || window === 0 || tokens === 0) return null;
  const share = Math.min(1, tokens / window);
  return (
    <Tip text={t("contextOf", { used: group(tokens), window: group(window) })}>
      {/* biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be drawn so */}
      <span
        role="meter"
        aria-label={t("context")}
        aria-valuemin={0}
        aria-valuemax={window}
        aria-valuenow={Math.min(tokens, window)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what it says is in its tip
        tabIndex={0}
        className="tnum flex shrink-0 items-center gap-1.5 whitespace-nowrap rounded-sm px-1 text-2xs text-ink-3"
        data-testid="context"
      >
        <span className="h-1 w-10 overflow-hidden rounded-full bg-press" aria-hidden="true">
          <span
            className={cx("block h-full rounded-full", share > 0.85 ? "bg-warn" : "bg-ink-3")}
            style={{ width: `${Math.max(4, share * 100)}%` }}
          />
        </span>
        <span className={cx("max-md:sr-only", share > 0.85 && "text-warn")}>
          {short(tokens)} / {short(window)}
        </span>
      </span>
    </Tip>
  );
}

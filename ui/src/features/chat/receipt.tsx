import { type ReactElement, useState } from "react";
import type { Receipt } from "@/api/generated/types";
import { Tip } from "@/components/tip";
import { cx } from "@/lib/cx";
import { cost, duration, group, oneOrNone } from "@/lib/format";
import { t } from "./words";

/** Tokens a second, counted from the first token; `null` when too little is known. */
export function speed(receipt: Receipt): number | null {
  const writing = receipt.total_ms - (receipt.first_token_ms ?? 0);
  const tokens = receipt.usage?.output ?? 0;
  return tokens < 2 || writing < 50 ? null : (tokens * 1000) / writing;
}

/** What an answer took, in one line: always at the last answer, at the others when they are looked at. */
export function ReceiptLine({ receipt, quiet }: { receipt: Receipt; quiet: boolean }) {
  const pace = speed(receipt);
  const { usage } = receipt;
  // what is not looked at yet explains nothing: there are thousands of these
  const [looked, setLooked] = useState(false);
  const Explained = looked || !quiet ? Tip : Bare;
  return (
    <span
      onPointerEnter={() => setLooked(true)}
      className={cx(
        "tnum flex min-w-0 flex-wrap items-center gap-x-2 text-ink-3 text-xs",
        quiet &&
          "opacity-0 transition-opacity duration-100 group-focus-within:opacity-100 group-hover:opacity-100",
      )}
      data-testid="receipt"
    >
      {usage && (
        <Explained
          text={[
            t("tokensRead", { n: group(usage.input) }),
            usage.cached_input > 0 && t("tokensCached", { n: group(usage.cached_input) }),
            t("tokensWritten", { n: group(usage.output) }),
            usage.reasoning > 0 && t("tokensReasoning", { n: group(usage.reasoning) }),
          ]
            .filter(Boolean)
            .join(" · ")}
        >
          <span>{t("inAndOut", { input: group(usage.input), output: group(usage.output) })}</span>
        </Explained>
      )}
      {(usage !== null || receipt.cost !== null) && (
        <Explained text={t(`costs.${receipt.confidence}`)}>
          <span>{cost(receipt.cost)}</span>
        </Explained>
      )}
      {pace !== null && <span>{t("pace", { n: oneOrNone(pace) })}</span>}
      <Explained
        text={
          receipt.first_token_ms === null
            ? t("inAll")
            : t("firstToken", { time: duration(receipt.first_token_ms) })
        }
      >
        <span>{duration(receipt.total_ms)}</span>
      </Explained>
      {receipt.target && (
        <span className="min-w-0 truncate font-mono text-[0.6875rem]">{receipt.target}</span>
      )}
    </span>
  );
}

const Bare = ({ children }: { text: string; children: ReactElement }) => children;

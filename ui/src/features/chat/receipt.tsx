import type { Receipt } from "@/api/generated/types";
import { Tip } from "@/components/tip";
import { cost, duration, group } from "@/lib/format";

/** Tokens a second, counted from the first token; `null` when too little is known. */
export function speed(receipt: Receipt): number | null {
  const writing = receipt.total_ms - (receipt.first_token_ms ?? 0);
  const tokens = receipt.usage?.output ?? 0;
  return tokens < 2 || writing < 50 ? null : (tokens * 1000) / writing;
}

const SOURCES = {
  reported: "The provider said what it cost.",
  computed: "Computed from the provider's token counts and its price.",
  estimated: "Computed from our own count of tokens.",
  unknown: "The provider's price for this model is not known.",
};

/** What an answer took, in one line. */
export function ReceiptLine({ receipt }: { receipt: Receipt }) {
  const pace = speed(receipt);
  const { usage } = receipt;
  return (
    <span
      className="tnum flex min-w-0 flex-wrap items-center gap-x-2 text-ink-3 text-xs"
      data-testid="receipt"
    >
      {usage && (
        <Tip
          text={`${group(usage.input)} tokens read${usage.cached_input > 0 ? `, ${group(usage.cached_input)} of them from the cache` : ""}; ${group(usage.output)} written${usage.reasoning > 0 ? `, ${group(usage.reasoning)} of them reasoning` : ""}`}
        >
          <span>
            {group(usage.input)} + {group(usage.output)} tokens
          </span>
        </Tip>
      )}
      {(usage !== null || receipt.cost !== null) && (
        <Tip text={SOURCES[receipt.confidence]}>
          <span>{cost(receipt.cost)}</span>
        </Tip>
      )}
      {pace !== null && <span>{pace < 10 ? pace.toFixed(1) : Math.round(pace)} tokens/s</span>}
      <span>{duration(receipt.total_ms)}</span>
      {receipt.target && (
        <span className="min-w-0 truncate font-mono text-[0.6875rem]">{receipt.target}</span>
      )}
    </span>
  );
}

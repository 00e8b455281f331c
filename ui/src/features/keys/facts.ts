import type { ClientKeyView } from "@/api/generated/types";
import { group, moment, moneySum } from "@/lib/format";
import { RATES } from "./form";
import { t } from "./words";

/** What a key may do, in a few words each. */
export function factsOf(row: ClientKeyView, now: number): string[] {
  const facts = [row.agent_slugs.length === 0 ? t("all") : row.agent_slugs.join(", ")];
  if (row.raw_models) facts.push(t("rawFact"));
  for (const rate of RATES) {
    const limit = row[rate];
    if (limit !== null) facts.push(t(`facts.${rate}`, { n: group(limit) }));
  }
  if (row.session_budget !== null) facts.push(t("facts.session", { cap: moneySum(row.session_budget) }));
  if (row.no_tools) facts.push(t("facts.noTools"));
  else if (row.tool_caps.length > 0)
    facts.push(t("facts.caps", { count: row.tool_caps.length, n: group(row.tool_caps.length) }));
  if (row.origins.length > 0)
    facts.push(t("facts.origins", { count: row.origins.length, n: group(row.origins.length) }));
  if (row.store !== "all") facts.push(t(row.store === "none" ? "facts.nothing" : "facts.metadata"));
  if (row.expires_at !== null) {
    const at = moment(row.expires_at);
    facts.push(row.expires_at <= now ? t("facts.expired", { at }) : t("facts.expires", { at }));
  }
  return facts;
}

import type { FailureKind } from "@/api/generated/types";
import { words } from "@/i18n";

const t = words("activity");

/** The kinds of failure that a call can end with, in a few words; others by their own name. */
const NAMED = [
  "invalid_request",
  "context_too_long",
  "content_refused",
  "budget_exceeded",
  "scope_denied",
  "model_not_found",
  "body_too_large",
  "provider_key_missing",
  "provider_key_rejected",
  "rate_limited",
  "provider_rate_limited",
  "provider_quota_exceeded",
  "client_gone",
  "upstream_failed",
  "upstream_disconnected",
  "upstream_unreachable",
  "upstream_overloaded",
  "upstream_timeout",
  "overloaded",
  "internal",
] as const satisfies readonly FailureKind[];

export function failureName(kind: FailureKind): string {
  const named = NAMED.find((one) => one === kind);
  return named === undefined ? kind.replaceAll("_", " ") : t(`failures.${named}`);
}

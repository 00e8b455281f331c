// What a stranger or a mistaken program met at the door, in words.

import type { FailureKind } from "@/api/generated/types";
import { failureName } from "@/features/activity/failures";
import { t } from "./words";

/** Those of which more is said here than that a call failed. */
const NAMED = [
  "client_key_missing",
  "client_key_invalid",
  "host_denied",
  "origin_denied",
  "rate_limited",
] as const;

const isNamed = (kind: FailureKind): kind is (typeof NAMED)[number] =>
  (NAMED as readonly FailureKind[]).includes(kind);

/** Why somebody was refused. */
export function reason(kind: FailureKind): string {
  if (isNamed(kind)) return t(`refusals.${kind}`);
  const name = failureName(kind);
  return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}

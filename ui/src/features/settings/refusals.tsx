// What a stranger or a mistaken program met at the door, in words.

import type { ReactNode } from "react";
import type { FailureKind } from "@/api/generated/types";
import { t } from "./words";

/** Those that have a name of their own here. */
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
export const reason = (kind: FailureKind): ReactNode =>
  isNamed(kind) ? t(`refusals.${kind}`) : <code>{kind}</code>;

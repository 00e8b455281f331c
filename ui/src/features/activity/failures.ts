import type { FailureKind } from "@/api/generated/types";
import { words } from "@/i18n";

const t = words("activity");

/** What went wrong, in a few words. */
export const failureName = (kind: FailureKind): string => t(`failures.${kind}`);

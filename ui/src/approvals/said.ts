// What an approval is about, in words of the app's own: nothing here was written by a model.

import type { ApprovalView } from "@/api/generated/types";
import { t } from "./words";

/** What the tool does to the world, in a sentence. */
export function doesOf({ reach }: ApprovalView): string {
  return t(`does.${reach}`);
}

/** Who called the agent. */
export function whoOf({ source, client }: ApprovalView): string {
  if (source.from === "window") return t("you");
  if (source.from === "command_line") return t("commandLine");
  return client ?? source.key;
}

// What an approval is about, in words of the app's own: nothing here was written by a model.

import type { ApprovalView } from "@/api/generated/types";
import { t } from "./words";

/** Tools of the house of which more can be said than how far they reach. */
const KNOWN = [
  "run_code",
  "web_search",
  "web_fetch",
  "write_file",
  "edit_file",
  "run_command",
  "make_image",
  "ask_agent",
] as const;

/** What the tool does to the world, in a sentence. */
export function doesOf({ reach, tool }: ApprovalView): string {
  const known = KNOWN.find((one) => one === tool);
  return known === undefined ? t(`does.${reach}`) : t(`doesOf.${known}`);
}

/** Who called the agent. */
export function whoOf({ source, client }: ApprovalView): string {
  if (source.from === "window") return t("you");
  if (source.from === "command_line") return t("commandLine");
  return client ?? source.key;
}

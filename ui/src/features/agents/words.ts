/** What the agents' screen says. */
import { words } from "@/i18n";

export const t = words("agents");

/** What the usage screen says. */
import { words } from "@/i18n";

export const t = words("usage");

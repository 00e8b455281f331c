/** What the providers' screen says. */
import { words } from "@/i18n";

export const t = words("providers");

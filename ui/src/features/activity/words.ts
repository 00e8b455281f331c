/** What the activity screens say. */
import { words } from "@/i18n";

export const t = words("activity");

/** What the settings say. */
import { words } from "@/i18n";

export const t = words("settings");

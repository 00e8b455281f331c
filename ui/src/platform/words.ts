/** What the door says when the app cannot be reached. */
import { words } from "@/i18n";

export const t = words("parts");

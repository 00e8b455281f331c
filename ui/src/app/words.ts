/** What the frame around the screens says. */
import { words } from "@/i18n";

export const t = words("app");

/** What the renderer says about what others wrote. */
import { words } from "@/i18n";

export const t = words("markdown");

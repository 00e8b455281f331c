/** What the first steps say. */
import { words } from "@/i18n";

export const t = words("onboarding");

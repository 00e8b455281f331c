/** What is said of models wherever one is chosen. */
import { words } from "@/i18n";

export const t = words("models");

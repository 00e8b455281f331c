/** What client keys say. */
import { words } from "@/i18n";

export const t = words("keys");

/** What the shared parts say. */
import { words } from "@/i18n";

export const t = words("parts");

/** What the review of a link says. */
import { words } from "@/i18n";

export const t = words("links");

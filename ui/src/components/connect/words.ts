/** What is said about connecting programs. */
import { words } from "@/i18n";

export const t = words("connect");

/** What the chat says. */
import { words } from "@/i18n";

export const t = words("chat");

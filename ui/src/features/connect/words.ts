/** What the connect screen says. */
import { words } from "@/i18n";

export const t = words("connect");

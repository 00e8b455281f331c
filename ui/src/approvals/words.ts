/** What is said of approvals, in their window and wherever one waits. */
import { words } from "@/i18n";

export const t = words("approvals");

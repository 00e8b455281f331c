import { words } from "@/i18n";
import { moment } from "@/lib/format";

const t = words("figures");

/** What a program's session is called while nothing better is known: when it began, in milliseconds. */
const BY_TIME = /^api:(\d+)$/u;

/** A session's name as people read it. */
export function titleOf(title: string): string {
  const began = BY_TIME.exec(title)?.[1];
  if (began !== undefined) return t("callOf", { moment: moment(Number(began)) });
  return title || t("untitled");
}

// Usage as a file: what is shown, or the ledger row by row. The app writes the lines, so that the command line's are
// the same; here they are only put together.

import { run } from "@/api/client";
import { platform } from "@/platform";
import { type By, isoDay, type Span } from "./span";

/** Saves the sums of a grouping, or the ledger; gives where the file lies, when that is known. */
export async function exportUsage(by: By | null, span: Span): Promise<string | null> {
  const parts: string[] = [];
  let cursor: string | null = null;
  do {
    const part: Awaited<ReturnType<typeof run<"usage.export">>> = await run("usage.export", {
      by,
      since: span.since,
      until: span.until,
      cursor,
    });
    parts.push(part.csv);
    cursor = part.next;
  } while (cursor !== null);
  const name = `inglenook-${by ?? "ledger"}-${isoDay(span.since)}-${isoDay(span.last)}.csv`;
  return platform.save(name, "text/csv", parts);
}

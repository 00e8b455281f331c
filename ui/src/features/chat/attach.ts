// Files for a message. What a file is, its bytes say and not its name; the core looks again, and its word holds.

import { bytes, bytesExactly } from "@/lib/format";
import type { Given } from "@/platform";
import { t } from "./words";

/** A file that goes with the next message. */
export interface Attached {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  /** MIME type by its bytes. */
  readonly type: string;
  /** Base64. */
  readonly data: string;
}

// round in the units that are shown, and below what the core takes
const FILE_CAP = 10_000_000;
const TOTAL_CAP = 20_000_000;
const MOST = 10;

/** What the file dialog offers. */
export const ACCEPT =
  "image/png,image/jpeg,image/webp,image/gif,application/pdf,text/*,.md,.json,.csv,.yaml,.toml,.rs,.ts,.py";

const MARKS: ReadonlyArray<[string, string]> = [
  ["\x89PNG", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF8", "image/gif"],
  ["%PDF-", "application/pdf"],
];

async function typeOf(file: Blob): Promise<string | null> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const start = String.fromCharCode(...head);
  const known = MARKS.find(([mark]) => start.startsWith(mark));
  if (known !== undefined) return known[1];
  if (start.startsWith("RIFF") && start.slice(8) === "WEBP") return "image/webp";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : "text/plain";
  } catch {
    return null;
  }
}

const base64 = (file: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

/** A size and the most it may be, so exact that they read differently. */
function apart(size: number, most: number): { size: string; most: string } {
  const alike = bytes(size) === bytes(most);
  return alike
    ? { size: bytesExactly(size), most: bytesExactly(most) }
    : { size: bytes(size), most: bytes(most) };
}

/** Reads files to go beside those that are there already; what cannot go is told by name and reason. */
export async function readFiles(
  files: readonly (File | Given)[],
  before: readonly Attached[],
): Promise<{ added: Attached[]; refused: string[] }> {
  const added: Attached[] = [];
  const refused: string[] = [];
  let total = before.reduce((sum, one) => sum + one.size, 0);
  for (const file of files) {
    const name = file.name || t("pastedImage");
    if (before.length + added.length >= MOST) {
      refused.push(t("tooMany", { count: MOST }));
      break;
    }
    if (file.size > FILE_CAP) {
      refused.push(t("tooLarge", { name, ...apart(file.size, FILE_CAP) }));
      continue;
    }
    if (total + file.size > TOTAL_CAP) {
      refused.push(t("tooLargeTogether", { name, most: bytes(TOTAL_CAP) }));
      continue;
    }
    const blob = await ("read" in file ? file.read().catch(() => null) : file);
    const type = blob && (await typeOf(blob).catch(() => null));
    if (blob === null || type === null) {
      refused.push(t("wrongKind", { name }));
      continue;
    }
    total += file.size;
    added.push({ id: crypto.randomUUID(), name, size: file.size, type, data: await base64(blob) });
  }
  return { added, refused };
}

const drafts = new Map<string, readonly Attached[]>();

/** Files of a message that is not sent yet live as long as the window. */
export const draftFiles = (draft: string): readonly Attached[] => drafts.get(draft) ?? [];

export function keepDraftFiles(draft: string, files: readonly Attached[]): void {
  if (files.length === 0) drafts.delete(draft);
  else drafts.set(draft, files);
}

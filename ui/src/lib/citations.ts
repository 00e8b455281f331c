// Citations of the person's own files: `guide.md:12-30`, `report.pdf:p3`. What a tool gave is text, and what a model made
// of it too; a citation is known when a passage was given under it. It only names a place: what is opened is read anew
// from the collections, so that a text which imitates one leads to nothing else.

/** A passage as the tool gave it. */
export interface Cited {
  readonly citation: string;
  /** The headings that it stands under. */
  readonly heading: string;
}

interface Spot {
  readonly name: string;
  /** A page, or the first and the last line. */
  readonly page: number | null;
  readonly first: number;
  readonly last: number;
}

const HEAD = /^\[(.+?:(?:p\d+|\d+(?:-\d+)?))\](?: (.*))?$/u;
const SPOT = /^(.+):(?:p(\d+)|(\d+)(?:-(\d+))?)$/u;
const BRACKETS = /\[([^[\]\n]{1,1000})\]/gu;

function spotOf(citation: string): Spot | null {
  const found = SPOT.exec(citation);
  if (found === null) return null;
  const [, name = "", page, first, last] = found;
  return {
    name,
    page: page === undefined ? null : Number(page),
    first: Number(first ?? 0),
    last: Number(last ?? first ?? 0),
  };
}

/** The passages in what `search_knowledge` gave, each once. */
export function passagesIn(given: string): Cited[] {
  const found = new Map<string, Cited>();
  for (const line of given.split("\n")) {
    const [, citation, heading = ""] = HEAD.exec(line) ?? [];
    if (citation !== undefined && !found.has(citation)) found.set(citation, { citation, heading });
  }
  return [...found.values()];
}

/** Whether a citation names a place of what was given: the passage, or some lines of it. */
function isOf(citation: string, given: readonly Cited[]): boolean {
  const spot = spotOf(citation);
  if (spot === null) return false;
  return given.some((one) => {
    if (one.citation === citation) return true;
    const whole = spotOf(one.citation);
    if (whole === null || whole.name !== spot.name || whole.page !== null || spot.page !== null) return false;
    return spot.first >= whole.first && spot.last <= whole.last && spot.first <= spot.last;
  });
}

/** The citations in an answer that are of passages which were given for it, in the order of the answer. */
export function citedIn(answer: string, given: readonly Cited[]): string[] {
  if (given.length === 0) return [];
  const at = new Map<string, number>();
  const add = (citation: string, place: number) => {
    if (!at.has(citation)) at.set(citation, place);
  };
  // names with brackets or commas in them are found whole
  for (const { citation } of given) {
    const place = answer.indexOf(`[${citation}]`);
    if (place >= 0) add(citation, place);
  }
  for (const found of answer.matchAll(BRACKETS)) {
    for (const piece of (found[1] ?? "").split(/[;,]/u)) {
      const citation = piece.trim().replace(/^`|`$/gu, "");
      if (isOf(citation, given)) add(citation, found.index);
    }
  }
  return [...at].sort(([, a], [, b]) => a - b).map(([citation]) => citation);
}

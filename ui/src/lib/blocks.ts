// Cuts markdown into blocks that can be rendered one by one. Where a cut lies depends on the text before it and on the
// complete line after it alone, so the cuts of a growing text never move: a streamed answer and the same answer at
// once are cut, and so rendered, alike (SEC-22), and only the last block of a stream is parsed again (U7).

export interface Cuts {
  /** Complete blocks. */
  readonly done: readonly string[];
  /** Where the open block begins. */
  readonly open: number;
  /** How far complete lines have been looked at. */
  readonly seen: number;
  readonly fence: string | null;
  /** The line before was blank. */
  readonly blank: boolean;
  /** The open block is a list, a quote or a footnote, which a blank line does not always end. */
  readonly sticky: boolean;
}

export const NO_CUTS: Cuts = { done: [], open: 0, seen: 0, fence: null, blank: false, sticky: false };

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
/** A formula on lines of its own: what opens it, and what closes that. */
const FORMULAS: Record<string, string> = { $$: "$$", "\\[": "\\]" };
const STICKY = /^(?:[-*+]\s|\d{1,9}[.)]\s|>|\[\^)/;

/** A part by itself: one that is cut from a text keeps all of it in memory, and a growing answer is another text at each word (U10). */
const itself = (part: string): string => ` ${part}`.slice(1);

/** Goes on cutting a text that begins with the text that `cuts` was made of. */
export function cut(text: string, cuts: Cuts = NO_CUTS): Cuts {
  let { open, seen, fence, blank, sticky } = cuts;
  let done = cuts.done;
  for (;;) {
    const end = text.indexOf("\n", seen);
    if (end < 0) break;
    const line = text.slice(seen, end);
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null && Object.values(FORMULAS).includes(fence)) {
      if (line.trim().endsWith(fence)) fence = null;
      blank = false;
    } else if (fence !== null) {
      // a fence closes with at least as many of the same mark and nothing behind them
      const closing = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1];
      if (closing?.startsWith(fence)) fence = null;
      blank = false;
    } else if (line.trim() === "") {
      blank = true;
    } else {
      const flush = /^\S/.test(line);
      const goesOn = sticky && STICKY.test(line);
      if (blank && flush && !goesOn && text.slice(open, seen).trim() !== "") {
        done = [...done, itself(text.slice(open, seen))];
        open = seen;
        sticky = false;
      }
      if (open === seen || text.slice(open, seen).trim() === "") sticky = STICKY.test(line);
      const formula = FORMULAS[line.trim()];
      if (mark !== undefined) fence = mark;
      else if (formula !== undefined) fence = formula;
      blank = false;
    }
    seen = end + 1;
  }
  return { done, open, seen, fence, blank, sticky };
}

/** All blocks of a text, the open one last. */
export function blocksOf(text: string, cuts: Cuts): string[] {
  const open = text.slice(cuts.open);
  return open === "" && cuts.done.length > 0 ? [...cuts.done] : [...cuts.done, open];
}

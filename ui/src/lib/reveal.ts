// Text from somewhere else, so that nothing in it hides: marks that turn the direction of reading around, letters
// without width, spaces that are none, and line ends each get a sign that can be seen (SEC-28).

export type Piece =
  | { kind: "text"; text: string }
  /** A line ends here. */
  | { kind: "line" }
  /** A character that shows nothing or changes how others are shown, by its number. */
  | { kind: "hidden"; code: string };

// beside what Unicode calls ignorable: formats, private letters, unassigned ones, controls, and all spaces but the usual
const HIDDEN = /[\p{DI}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Cc}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\u2800/u;
const SPLIT = new RegExp(`(\\r\\n|\\n|${HIDDEN.source})`, "u");

/** Splits a text into what can be shown as it is and what cannot. */
export function reveal(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const part of text.split(SPLIT)) {
    if (part === "") continue;
    if (part === "\n" || part === "\r\n") pieces.push({ kind: "line" });
    else if (part === "\t") pieces.push({ kind: "text", text: part });
    else if (HIDDEN.test(part) && [...part].length === 1) pieces.push({ kind: "hidden", code: codeOf(part) });
    else pieces.push({ kind: "text", text: part });
  }
  return pieces;
}

const codeOf = (letter: string) =>
  `U+${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The same as one text, to be edited: what hides is written out; what only chooses a letter's look is left out. */
export const revealed = (text: string): string =>
  reveal(text.replaceAll("\u{fe0f}", "").replaceAll("\u{a0}", " "))
    .map((piece) => (piece.kind === "line" ? "\n" : piece.kind === "text" ? piece.text : `[${piece.code}]`))
    .join("");

// The first sentence of an answer, to be heard: without the marks of markdown, and never a page long.

const LONGEST = 160;

/** Plain words of the first sentence; empty where the answer begins with code, a table or a formula. */
export function firstSentence(markdown: string): string {
  const line = markdown
    .split("\n")
    .map((one) => one.trim())
    .find((one) => one !== "");
  if (line === undefined || /^(```|~~~|\||\$\$|<)/.test(line)) return "";
  const plain = line
    .replace(/^(?:#{1,6}|>|[-*+]|\d+[.)])\s+/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__|~~|`)/g, "")
    .replace(/(^|\s)[*_](\S[^*_]*)[*_]/g, "$1$2")
    .trim();
  const sentences = new Intl.Segmenter(undefined, { granularity: "sentence" }).segment(plain);
  const [first] = sentences;
  const said = (first?.segment ?? "").trim();
  if (said.length <= LONGEST) return said;
  const cut = said.slice(0, LONGEST);
  return `${cut.slice(0, cut.lastIndexOf(" ") > 0 ? cut.lastIndexOf(" ") : LONGEST)}…`;
}

// Which sources of diagrams are drawn. Mermaid measures labels as markup in the page before it cleans them, and there
// only the page's policy stands between that markup and its effects. So a source that holds any markup, or anything that
// becomes markup when it is decoded, is not drawn at all: it is shown as the text it is (SEC-23).

/** What a diagram's own syntax writes in angle brackets. */
const SYNTAX = /<br\s*\/?>|<<[\w -]+>>/gi;
/** The beginning of a tag, a comment or a declaration. */
const TAG = /<[a-z/!?]/i;
/** Letters written as numbers or names, in markup, in Mermaid's own manner, in JSON and in YAML. */
const ENCODED = /[&#][#\w]+;|\\[xuU]/;
/** Formulas and addresses of styles: each is another interpreter. */
const ELSEWHERE = /\$\$|url\s*\(|@import/i;

/** Longer sources would hold the window. */
const LIMIT = 20_000;

/** Whether a diagram's source is plain enough to be drawn. */
export function isPlainDiagram(source: string): boolean {
  const rest = source.replaceAll(SYNTAX, " ");
  return (
    source.length <= LIMIT &&
    !TAG.test(rest) &&
    !TAG.test(source.replaceAll(SYNTAX, "")) &&
    !ENCODED.test(source) &&
    !ELSEWHERE.test(source)
  );
}

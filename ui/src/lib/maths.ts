// Formulas as models write them, `\(x\)`, `\[x\]` and `$x$`, become the one form that the parser reads, `$$x$$`. A dollar
// sign is more often money: a pair of them is a formula only where no space lies inside of them and no digit or
// letter follows (the rule of Pandoc and GitHub). Code is left alone.

/** A run of backticks with what it holds, a fence with what it holds, or an escaped character that opens no formula. */
const OPAQUE =
  /(?:^|\n) {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:\n {0,3}\1[`~]*[ \t]*(?=\n|$)|$)|(`+)[^`][\s\S]*?\2(?!`)|\\[^([\n]/y;
const FORMULA =
  /\\\[([\s\S]+?)\\\]|\\\(([^\n]+?)\\\)|\$\$([\s\S]+?)\$\$|(?<![\w$\\])\$(?![\s$])((?:[^$\n\\]|\\.)*?[^$\s\\]|[^$\s\\])\$(?![\w$])/y;

/** Markdown whose formulas all stand between `$$`. */
export function mathsOf(text: string): string {
  if (!/[$\\]/.test(text)) return text;
  let out = "";
  let at = 0;
  while (at < text.length) {
    const opaque = match(OPAQUE, text, at);
    const formula = opaque === null ? match(FORMULA, text, at) : null;
    if (opaque !== null) {
      out += opaque[0];
      at += opaque[0].length;
    } else if (formula !== null) {
      out += write(formula, text, at);
      at += formula[0].length;
    } else {
      out += text[at];
      at += 1;
    }
  }
  return out;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function write(found: RegExpExecArray, text: string, at: number): string {
  const [whole, bracket, paren, double, single] = found;
  const display = bracket ?? double;
  if (display === undefined) return `$$${(paren ?? single ?? "").trim()}$$`;
  // alone on its lines it is set as a block, which needs its marks on lines of their own
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  const end = text.slice(at + whole.length).split("\n", 1)[0] ?? "";
  if (line.trim() !== "" || end.trim() !== "") return `$$${display.trim().replaceAll("\n", " ")}$$`;
  const body = display.trim().replaceAll("\n", `\n${line}`);
  return `$$\n${line}${body}\n${line}$$`;
}

// JSON as lines that people read, for texts that must not hide anything (SEC-24). Only the space between its tokens is
// new; a string keeps the escapes that its end could be mistaken for, and what hides in it is left for `reveal` to mark.

export interface JsonLine {
  /** How deep it stands. */
  depth: number;
  text: string;
}

/** The lines of a JSON text; what is none is one line, as it is. */
export function jsonLines(json: string): JsonLine[] {
  try {
    JSON.parse(json);
  } catch {
    return [{ depth: 0, text: json }];
  }
  const lines: JsonLine[] = [{ depth: 0, text: "" }];
  let depth = 0;
  const add = (text: string) => {
    const last = lines[lines.length - 1];
    if (last !== undefined) last.text += text;
  };
  const next = () => lines.push({ depth, text: "" });
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      add(token);
      depth += 1;
      next();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      // nothing lies in it
      if (lines.at(-1)?.text === "") lines.pop();
      else next();
      add(token);
    } else if (token === ",") {
      add(token);
      next();
    } else if (token === ":") add(": ");
    else add(token.startsWith('"') ? spoken(token) : token);
  }
  return lines;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gsu;
const ESCAPE = /\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)/gsu;

/** A string with the letters that it stands for, but for those that could end it or move the reader's eye. */
function spoken(token: string): string {
  return token.replace(ESCAPE, (whole, high?: string, low?: string, one?: string, sign?: string) => {
    if (sign !== undefined) return sign === "n" ? "\n" : sign === "/" ? "/" : whole;
    if (high !== undefined && low !== undefined)
      return String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16));
    const code = Number.parseInt(one ?? "", 16);
    const kept = code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff);
    return kept ? whole : String.fromCharCode(code);
  });
}

// Which addresses in untrusted text may be offered to the reader at all (SEC-26, SEC-27).

/** The parsed address when it is `https:` or `mailto:`, without a user name; else `null`. */
export function offeredUrl(text: unknown): URL | null {
  if (typeof text !== "string" || text.length > 4096) return null;
  // a URL parser drops tabs and line breaks: what people would see is then not what is opened
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for
  if (/[\u0000-\u0020\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\]/.test(text)) return null;
  if (!/^(https:\/\/|mailto:)/i.test(text)) return null;
  try {
    const url = new URL(text);
    if (url.protocol === "mailto:") return url.pathname.includes("@") ? url : null;
    return url.protocol === "https:" && url.username === "" && url.password === "" && url.hostname !== ""
      ? url
      : null;
  } catch {
    return null;
  }
}

/** An address as people write it: without the port that goes without saying. */
export const shownAddress = (url: string): string =>
  url.replace(/^(https:\/\/[^/:]+):443(?=\/|$)/, "$1").replace(/^(http:\/\/[^/:]+):80(?=\/|$)/, "$1");

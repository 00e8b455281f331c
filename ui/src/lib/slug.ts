/** Makes a slug of a name: lower-case letters, digits and inner hyphens, at most 63. */
export function slugOf(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
}

/** Whether a text is a slug, by the rule of the domain. */
export const isSlug = (text: string): boolean => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(text);

/** The slug that is offered for an agent's name; a name without Latin letters and digits gives `agent`. */
export function proposedSlug(name: string, taken: ReadonlySet<string>): string {
  if (name.trim() === "") return "";
  return freeSlug(slugOf(name) || "agent", taken);
}

/** `base`, or `base-2`, `base-3`… when taken. */
export function freeSlug(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) {
    const next = `${base.slice(0, 59)}-${n}`;
    if (!taken.has(next)) return next;
  }
}

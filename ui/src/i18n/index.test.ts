import { describe, expect, test } from "vitest";
import { LANGUAGES } from ".";

const FILES = import.meta.glob("../locales/*/*.json", { eager: true, import: "default" });
type Texts = Map<string, string>;

function flat(value: unknown, path: string, into: Texts): Texts {
  if (typeof value === "string") into.set(path, value);
  else for (const [key, inner] of Object.entries(value as object)) flat(inner, `${path}.${key}`, into);
  return into;
}

function textsOf(language: string): Texts {
  const all: Texts = new Map();
  for (const [path, texts] of Object.entries(FILES)) {
    const [, of, area] = /locales\/(\w+)\/(\w+)\.json$/u.exec(path) ?? [];
    if (of === language) flat(texts, area ?? "", all);
  }
  return all;
}

const variables = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map((found) => found[1]).sort();

/** The key without the form of its number: languages have different ones. */
const form = /_(zero|one|two|few|many|other)$/u;

describe("every language says everything", () => {
  const english = textsOf("en");
  test("a count has a text for one and for many", () => {
    for (const key of english.keys()) {
      if (key.endsWith("_one")) expect(english.has(key.replace("_one", "_other")), key).toBe(true);
    }
  });

  const whole = (texts: Texts) => new Set([...texts.keys()].map((key) => key.replace(form, "")));

  for (const language of Object.keys(LANGUAGES).filter((one) => one !== "en")) {
    const texts = textsOf(language);

    test(`${language} has the keys of English and no others`, () => {
      expect([...whole(texts)].sort()).toEqual([...whole(english)].sort());
    });

    test(`${language} has every form of its numbers`, () => {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      for (const key of whole(texts)) {
        if (!texts.has(`${key}_other`)) continue;
        // the millions' own form of Spanish and French falls back to the others'
        const needed = forms.filter((one) => one !== "many");
        expect(
          needed.map((one) => texts.has(`${key}_${one}`) || key),
          key,
        ).toEqual(needed.map(() => true));
      }
    });

    test(`${language} uses the variables of English`, () => {
      for (const [key, text] of texts) {
        const other = english.get(key) ?? english.get(key.replace(form, "_other")) ?? "";
        // a form for one or none may leave the number out
        if (/_(zero|one)$/u.test(key)) continue;
        expect(variables(text), key).toEqual(variables(other));
      }
    });

    test(`${language} leaves nothing empty`, () => {
      for (const [key, text] of texts) expect(text.trim(), key).not.toBe("");
    });
  }
});

// What the window says, in six languages. Texts lie in `locales/LANGUAGE/AREA.json`; English is complete by
// definition and its keys are the types, so a text that does not exist does not compile. A test holds the other
// languages to the same keys and variables. The danger is a text in code, which no translator sees. What a model or a provider wrote is never translated.

import i18next, { type ResourceKey } from "i18next";
import { useSyncExternalStore } from "react";
import { recall, remember } from "@/lib/store";
import type { Texts } from "./texts";

const ENGLISH = import.meta.glob<ResourceKey>("../locales/en/*.json", { eager: true, import: "default" });
const OTHERS = import.meta.glob<ResourceKey>(["../locales/*/*.json", "!../locales/en/*.json"], {
  import: "default",
});

/** The languages of the window, each in its own name. */
export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  zh: "简体中文",
  ja: "日本語",
} as const;

export type Language = keyof typeof LANGUAGES;

/** A language, or whatever the system speaks. */
export type LanguageChoice = Language | "system";

const isLanguage = (text: string | null): text is Language => text !== null && text in LANGUAGES;

const areaOf = (path: string) => path.slice(path.lastIndexOf("/") + 1, -".json".length);

i18next.init({
  lng: "en",
  fallbackLng: "en",
  resources: {
    en: Object.fromEntries(Object.entries(ENGLISH).map(([path, texts]) => [areaOf(path), texts])),
  },
  // React writes text as text
  interpolation: { escapeValue: false },
  returnNull: false,
});

/** The texts of one area: `const t = words("chat")`. Reads the language at each call. */
export const words = <Area extends keyof Texts>(area: Area) => i18next.getFixedT<Area>(null, area);

/** The first language of the system that the window speaks. */
function systemLanguage(): Language {
  for (const tag of navigator.languages) {
    const language = tag.split("-")[0]?.toLowerCase() ?? "";
    if (isLanguage(language)) return language;
  }
  return "en";
}

async function load(language: Language): Promise<void> {
  await Promise.all(
    Object.entries(OTHERS)
      .filter(([path]) => path.includes(`/${language}/`))
      .map(async ([path, read]) => {
        i18next.addResourceBundle(language, areaOf(path), await read());
      }),
  );
}

/** Speaks another language from now on; its texts are read first, so nothing is shown half and half. */
export async function speak(choice: LanguageChoice): Promise<void> {
  const language = choice === "system" ? systemLanguage() : choice;
  remember("language", choice);
  if (language === i18next.language) return;
  await load(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** Before the first paint: what was chosen last. */
export function speakRemembered(): Promise<void> {
  const choice = recall("language");
  return speak(isLanguage(choice) ? choice : "system");
}

/** The language that is spoken, as a BCP 47 tag for numbers and dates. */
export const locale = (): Language => (isLanguage(i18next.language) ? i18next.language : "en");

/** Follows the language; whoever uses it as a key draws its whole tree anew. */
export const useLanguage = (): Language =>
  useSyncExternalStore((changed) => {
    i18next.on("languageChanged", changed);
    return () => i18next.off("languageChanged", changed);
  }, locale);

// Colours for code. Loaded when the first block of code is finished; the grammar engine is plain JavaScript, because
// the page's policy forbids WebAssembly as it forbids eval.

import type { HighlighterCore, ThemedToken } from "shiki/core";

const GRAMMARS = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  cpp: () => import("shiki/langs/cpp.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  lua: () => import("shiki/langs/lua.mjs"),
  make: () => import("shiki/langs/make.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  ruby: () => import("shiki/langs/ruby.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

type Grammar = keyof typeof GRAMMARS;

const ALIASES: Record<string, Grammar> = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  console: "bash",
  "c++": "cpp",
  cs: "csharp",
  dockerfile: "docker",
  golang: "go",
  js: "javascript",
  jsx: "tsx",
  jsonc: "json",
  kt: "kotlin",
  makefile: "make",
  md: "markdown",
  py: "python",
  rb: "ruby",
  rs: "rust",
  svg: "xml",
  ts: "typescript",
  yml: "yaml",
};

/** The grammar for what stands behind a fence; `null` when we have none. */
export function grammarOf(name: string): Grammar | null {
  const lower = name.toLowerCase();
  if (Object.hasOwn(GRAMMARS, lower)) return lower as Grammar;
  return Object.hasOwn(ALIASES, lower) ? (ALIASES[lower] ?? null) : null;
}

/** Longer code is shown plain: colours are not worth a long task. */
const LIMIT = 40_000;

let starting: Promise<HighlighterCore> | null = null;

async function start(): Promise<HighlighterCore> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] =
    await Promise.all([import("shiki/core"), import("shiki/engine/javascript")]);
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: "ink", variablePrefix: "--sx-", fontStyle: false })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

/** Lines of coloured tokens, or `null` when the code stays plain. */
export async function highlight(code: string, language: string): Promise<ThemedToken[][] | null> {
  const grammar = grammarOf(language);
  if (grammar === null || code.length > LIMIT) return null;
  starting ??= start();
  const shiki = await starting;
  if (!shiki.getLoadedLanguages().includes(grammar)) await shiki.loadLanguage(await GRAMMARS[grammar]());
  // by length and never by time: the same text is coloured alike on a slow machine
  return shiki.codeToTokensBase(code, {
    lang: grammar,
    theme: "ink",
    tokenizeTimeLimit: 0,
    tokenizeMaxLineLength: 4000,
  });
}

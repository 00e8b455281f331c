import { t } from "./words";

/** The keys of the chat, for the sheet of shortcuts. */
export const chatKeys = (): ReadonlyArray<[keys: string, what: string]> => [
  ["Alt+↑", t("keys.before")],
  ["Alt+↓", t("keys.after")],
  ["←", t("keys.version")],
  ["C", t("keys.copy")],
  ["R", t("keys.again")],
  ["E", t("keys.edit")],
  ["Q", t("keys.quote")],
  ["mod+Shift+Q", t("keys.quoteSelection")],
];

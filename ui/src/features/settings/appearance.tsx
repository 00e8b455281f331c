import type { Language, Theme } from "@/api/generated/types";
import { type Option, Select } from "@/components/select";
import { LANGUAGES } from "@/i18n";
import { Line, Part, type PartProps, useChange } from "./part";
import { t } from "./words";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

const languages = (): Option<Language>[] => [
  { value: "system", label: t("systemLanguage") },
  ...Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label })),
];

export function Appearance({ now }: PartProps) {
  const change = useChange();
  return (
    <Part name="look">
      <Line label={t("theme")}>
        <Select
          label={t("theme")}
          className="w-full"
          value={now.theme}
          options={THEMES.map((value) => ({ value, label: t(`themes.${value}`) }))}
          onChange={(theme) => change({ theme })}
        />
      </Line>
      <Line label={t("language")}>
        <Select
          label={t("language")}
          className="w-full"
          value={now.language}
          options={languages()}
          onChange={(language) => change({ language })}
        />
      </Line>
    </Part>
  );
}

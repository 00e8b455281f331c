// Good agents to begin with, as drafts: those of the first steps, each with an icon.

import type { AgentDraft, Icon } from "@/api/generated/types";
import { TEMPLATES, type Template } from "@/features/onboarding/templates";
import { t } from "@/features/onboarding/words";
import { EMPTY_AGENT } from "@/lib/drafts";

const ICONS: Record<Template, Icon> = {
  assistant: { glyph: "message", colour: "lake" },
  reviewer: { glyph: "code", colour: "moss" },
  editor: { glyph: "pen", colour: "plum" },
  explainer: { glyph: "lightbulb", colour: "ochre" },
  writer: { glyph: "mail", colour: "clay" },
  translator: { glyph: "languages", colour: "ink" },
};

/** A starting agent, in the language that is spoken. */
export interface Start {
  slug: Template;
  icon: Icon;
  name: string;
  short: string;
  draft: (target: string) => AgentDraft;
}

/** All starting agents. */
export const starts = (): Start[] =>
  TEMPLATES.map((slug) => {
    const name = t(`templates.${slug}.name`);
    const icon = ICONS[slug];
    return {
      slug,
      icon,
      name,
      short: t(`templates.${slug}.short`),
      draft: (target) => ({
        ...EMPTY_AGENT,
        icon,
        slug,
        name,
        instructions: t(`templates.${slug}.instructions`),
        target,
      }),
    };
  });

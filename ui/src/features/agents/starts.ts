// Good agents to begin with, as drafts.

import type { AgentDraft, Icon } from "@/api/generated/types";
import { TEMPLATES } from "@/features/onboarding/templates";
import { EMPTY_AGENT } from "@/lib/drafts";

const ICONS: Record<string, Icon> = {
  assistant: { glyph: "message", colour: "lake" },
  reviewer: { glyph: "code", colour: "moss" },
  editor: { glyph: "pen", colour: "plum" },
  explainer: { glyph: "lightbulb", colour: "ochre" },
};

export const STARTS = TEMPLATES.map((template) => {
  const icon: Icon = ICONS[template.slug] ?? { glyph: null, colour: "ink" };
  return {
    ...template,
    icon,
    draft: (target: string): AgentDraft => ({
      ...EMPTY_AGENT,
      icon,
      slug: template.slug,
      name: template.name,
      instructions: template.instructions,
      target,
    }),
  };
});

// Starting points for a first agent; what they say lies among the texts.

export const TEMPLATES = ["assistant", "reviewer", "editor", "explainer", "writer", "translator"] as const;

export type Template = (typeof TEMPLATES)[number];

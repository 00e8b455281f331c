// How an agent is recognised at a glance: a picture of the closed set, or the initial of its name.

import {
  BookOpen,
  Bug,
  Calculator,
  Calendar,
  ChartNoAxesColumn,
  CodeXml,
  Compass,
  FlaskConical,
  Languages,
  Lightbulb,
  type LucideIcon,
  Mail,
  MessageSquare,
  PenLine,
  Scale,
  Search,
  Shield,
  Terminal,
  Wrench,
} from "lucide-react";
import type { Glyph, Icon, IconColour } from "@/api/generated/types";
import { cx } from "@/lib/cx";

export const GLYPHS: Record<Glyph, LucideIcon> = {
  message: MessageSquare,
  pen: PenLine,
  book: BookOpen,
  languages: Languages,
  mail: Mail,
  code: CodeXml,
  terminal: Terminal,
  bug: Bug,
  wrench: Wrench,
  shield: Shield,
  search: Search,
  chart: ChartNoAxesColumn,
  calculator: Calculator,
  calendar: Calendar,
  scale: Scale,
  flask: FlaskConical,
  compass: Compass,
  lightbulb: Lightbulb,
};

export const COLOURS: Record<IconColour, string> = {
  ink: "text-ink-2 bg-hover",
  clay: "text-tint-clay bg-tint-clay/12",
  ochre: "text-tint-ochre bg-tint-ochre/12",
  moss: "text-tint-moss bg-tint-moss/12",
  lake: "text-tint-lake bg-tint-lake/12",
  plum: "text-tint-plum bg-tint-plum/12",
};

interface AgentIconProps {
  /** Absent is the plain one that every agent begins with. */
  icon: Icon | undefined;
  name: string;
  large?: boolean;
  /** 16 px, in a line of text. */
  size?: "small";
}

const SIZES = {
  large: ["size-9 rounded-md text-base", 18],
  usual: ["size-6 rounded-sm text-2xs", 14],
  small: ["size-4 rounded-sm text-[0.625rem]", 11],
} as const;

/** Stands beside the agent's name and says nothing that the name does not. */
export function AgentIcon({ icon, name, large, size }: AgentIconProps) {
  const [look, glyph] = SIZES[size ?? (large ? "large" : "usual")];
  const Picture = icon?.glyph ? GLYPHS[icon.glyph] : null;
  const initial = [...name.trim()][0]?.toLocaleUpperCase() ?? "·";
  return (
    <span
      aria-hidden="true"
      className={cx(
        "inline-flex shrink-0 select-none items-center justify-center font-semibold",
        look,
        COLOURS[icon?.colour ?? "ink"],
      )}
    >
      {Picture ? <Picture size={glyph} strokeWidth={1.75} /> : initial}
    </span>
  );
}

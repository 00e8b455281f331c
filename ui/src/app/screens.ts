import {
  ChartNoAxesColumn,
  ListTree,
  type LucideIcon,
  MessageSquare,
  Plug,
  Server,
  Settings,
  Users,
} from "lucide-react";

export interface Screen {
  to: "/chat" | "/agents" | "/providers" | "/connect" | "/activity" | "/usage" | "/settings";
  /** Its name among the texts. */
  name: "chat" | "agents" | "providers" | "connect" | "activity" | "usage" | "settings";
  icon: LucideIcon;
}

/** The seven screens, in the order of their numbers. */
export const SCREENS: readonly Screen[] = [
  { to: "/chat", name: "chat", icon: MessageSquare },
  { to: "/agents", name: "agents", icon: Users },
  { to: "/providers", name: "providers", icon: Server },
  { to: "/connect", name: "connect", icon: Plug },
  { to: "/activity", name: "activity", icon: ListTree },
  { to: "/usage", name: "usage", icon: ChartNoAxesColumn },
  { to: "/settings", name: "settings", icon: Settings },
];

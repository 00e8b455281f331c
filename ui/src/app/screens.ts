import {
  ChartNoAxesColumn,
  type LucideIcon,
  MessageSquare,
  Plug,
  Server,
  Settings,
  Users,
} from "lucide-react";

export interface Screen {
  to: "/chat" | "/agents" | "/providers" | "/connect" | "/usage" | "/settings";
  name: string;
  icon: LucideIcon;
}

/** The six screens, in the order of their numbers. */
export const SCREENS: readonly Screen[] = [
  { to: "/chat", name: "Chat", icon: MessageSquare },
  { to: "/agents", name: "Agents", icon: Users },
  { to: "/providers", name: "Providers", icon: Server },
  { to: "/connect", name: "Connect", icon: Plug },
  { to: "/usage", name: "Usage", icon: ChartNoAxesColumn },
  { to: "/settings", name: "Settings", icon: Settings },
];

import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router";
import { AgentsScreen } from "@/features/agents/agents-screen";
import { ChatScreen } from "@/features/chat/chat-screen";
import { ConnectScreen } from "@/features/connect/connect-screen";
import { Keys } from "@/features/keys/keys";
import { Welcome } from "@/features/onboarding/welcome";
import { ProvidersScreen } from "@/features/providers/providers-screen";
import { SettingsScreen } from "@/features/settings/settings-screen";
import { UsageScreen } from "@/features/usage/usage-screen";
import { Broken, NotHere } from "./error";
import { Layout } from "./layout";

const root = createRootRoute({ component: Layout, notFoundComponent: NotHere });

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const mark = (value: unknown) => (typeof value === "number" ? value : undefined);
// `fresh` and `find` are moments: asking again does it again
interface ChatSearch {
  agent?: string;
  fresh?: number;
  find?: number;
}
const chatSearch = (search: Record<string, unknown>): ChatSearch => ({
  agent: text(search.agent),
  fresh: mark(search.fresh),
  find: mark(search.find),
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/chat" });
  },
});
const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: chatSearch,
  component: function Chat() {
    return <ChatScreen {...chat.useSearch()} session={null} />;
  },
});
const chatSession = createRoute({
  getParentRoute: () => root,
  path: "/chat/$session",
  validateSearch: chatSearch,
  component: function Session() {
    return <ChatScreen {...chatSession.useSearch()} session={chatSession.useParams().session} />;
  },
});
const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  component: () => <AgentsScreen agent={null} />,
});
const agent = createRoute({
  getParentRoute: () => root,
  path: "/agents/$agent",
  component: function Agent() {
    return <AgentsScreen agent={agent.useParams().agent} />;
  },
});
const providers = createRoute({ getParentRoute: () => root, path: "/providers", component: ProvidersScreen });
const connect = createRoute({
  getParentRoute: () => root,
  path: "/connect",
  validateSearch: (search: Record<string, unknown>): { key?: "new"; agent?: string } => ({
    ...(search.key === "new" ? { key: "new" } : {}),
    ...(typeof search.agent === "string" ? { agent: search.agent } : {}),
  }),
  component: function Connect() {
    const navigate = connect.useNavigate();
    return (
      <ConnectScreen agent={connect.useSearch().agent ?? null}>
        <Keys
          creating={connect.useSearch().key === "new"}
          onCreating={(on) => navigate({ search: { key: on ? "new" : undefined }, replace: true })}
        />
      </ConnectScreen>
    );
  },
});
// the list of calls is a part of the usage until it has a screen
const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  beforeLoad: () => {
    throw redirect({ to: "/usage" });
  },
});
const usage = createRoute({ getParentRoute: () => root, path: "/usage", component: UsageScreen });
const settings = createRoute({ getParentRoute: () => root, path: "/settings", component: SettingsScreen });
const welcome = createRoute({ getParentRoute: () => root, path: "/welcome", component: Welcome });

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    chat,
    chatSession,
    agents,
    agent,
    providers,
    connect,
    activity,
    usage,
    settings,
    welcome,
  ]),
  // the window has no server that would know paths
  history: createHashHistory(),
  defaultErrorComponent: Broken,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { filterOf } from "@/features/activity/filter";
import { spanOf } from "@/features/usage/span";
import { Broken, NotHere } from "./error";
import { Layout } from "./layout";

// a screen is read when it is first opened
const ActivityScreen = lazyRouteComponent(
  () => import("@/features/activity/activity-screen"),
  "ActivityScreen",
);
const CallPage = lazyRouteComponent(() => import("@/features/activity/call-page"), "CallPage");
const AgentsScreen = lazyRouteComponent(() => import("@/features/agents/agents-screen"), "AgentsScreen");
const ChatScreen = lazyRouteComponent(() => import("@/features/chat/chat-screen"), "ChatScreen");
const ConnectScreen = lazyRouteComponent(() => import("@/features/connect/connect-screen"), "ConnectScreen");
const Keys = lazyRouteComponent(() => import("@/features/keys/keys"), "Keys");
const Welcome = lazyRouteComponent(() => import("@/features/onboarding/welcome"), "Welcome");
const ProvidersScreen = lazyRouteComponent(
  () => import("@/features/providers/providers-screen"),
  "ProvidersScreen",
);
const SettingsScreen = lazyRouteComponent(
  () => import("@/features/settings/settings-screen"),
  "SettingsScreen",
);
const UsageScreen = lazyRouteComponent(() => import("@/features/usage/usage-screen"), "UsageScreen");

const root = createRootRoute({ component: Layout, notFoundComponent: NotHere });

const text = (value: unknown) => (typeof value === "string" ? value : undefined);
const mark = (value: unknown) => (typeof value === "number" ? value : undefined);
// `fresh` and `find` are moments: asking again does it again
interface ChatSearch {
  agent?: string;
  fresh?: number;
  find?: number;
  at?: string;
}
const chatSearch = (search: Record<string, unknown>): ChatSearch => ({
  agent: text(search.agent),
  fresh: mark(search.fresh),
  find: mark(search.find),
  at: text(search.at),
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
    const creating = connect.useSearch().key === "new";
    return (
      <ConnectScreen agent={connect.useSearch().agent}>
        {(secrets) => (
          <Keys
            creating={creating}
            onCreating={(on) => navigate({ search: { key: on ? "new" : undefined }, replace: true })}
            onMade={secrets.learn}
          />
        )}
      </ConnectScreen>
    );
  },
});
const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  validateSearch: filterOf,
  component: function Activity() {
    return <ActivityScreen filter={activity.useSearch()} />;
  },
});
const activityCall = createRoute({
  getParentRoute: () => root,
  path: "/activity/$call",
  validateSearch: (search: Record<string, unknown>): { beside?: string } => ({ beside: text(search.beside) }),
  component: function Call() {
    return <CallPage id={activityCall.useParams().call} beside={activityCall.useSearch().beside} />;
  },
});
const usage = createRoute({
  getParentRoute: () => root,
  path: "/usage",
  validateSearch: spanOf,
  component: function Usage() {
    return <UsageScreen search={usage.useSearch()} />;
  },
});
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
    activityCall,
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

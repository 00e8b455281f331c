// The window in which people approve what agents ask for (SEC-24, C16). It is a page of its own beside the window: what
// takes that one over, by way of what a model wrote, can neither press a button here nor answer in its place, for only
// this page may. So nothing here draws markdown, and no word of a model is a label. A test holds what it is made of.

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Topic } from "@/api/generated/types";
import { client } from "@/api/query-client";
import { showRememberedTheme } from "@/app/theme";
import { speakRemembered, useLanguage } from "@/i18n";
// the door comes first: it takes the token out of the address
import { platform } from "@/platform";
import "@/styles/base.css";
import { Approvals } from "./approvals";
import { ServerReview } from "./server-review";

/** The server of tools that is to be looked at; else what agents want to do. */
const server = /^\?server=([a-z0-9-]+)$/.exec(location.search)?.[1];

/** What is out of date by a notice; others do not come. */
const TOUCHES: Partial<Record<Topic, string[]>> = {
  approvals: ["approvals"],
  mcp_servers: ["mcp"],
  settings: ["settings"],
};

showRememberedTheme();
platform.subscribe(
  (notice) => {
    if (notice.notice === "missed") client.invalidateQueries();
    if (notice.notice === "approval_wanted") client.invalidateQueries({ queryKey: ["approvals"] });
    if (notice.notice === "changed" && TOUCHES[notice.topic])
      client.invalidateQueries({ queryKey: TOUCHES[notice.topic] });
  },
  () => client.invalidateQueries(),
  () => undefined,
);

const root = document.getElementById("root");
if (root !== null) {
  speakRemembered().finally(() =>
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <Spoken />
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
}

/** Another language draws everything anew. */
function Spoken() {
  const language = useLanguage();
  return server === undefined ? <Approvals key={language} /> : <ServerReview key={language} id={server} />;
}

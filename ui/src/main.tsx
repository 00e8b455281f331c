import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
// the door comes first: it takes the token out of the address before the router reads it
import "@/platform";
import { client } from "@/api/queries";
import { listen } from "@/api/stream";
import { router } from "@/app/router";
import { showRememberedTheme } from "@/app/theme";
import { showRememberedZoom } from "@/app/zoom";
import { speakRemembered, useLanguage } from "@/i18n";
import "@/styles/base.css";

showRememberedTheme();
showRememberedZoom();
listen();

const root = document.getElementById("root");
if (root !== null) {
  speakRemembered().finally(() =>
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <Window />
        </QueryClientProvider>
      </StrictMode>,
    ),
  );
}

/** Another language draws everything anew. */
function Window() {
  return <RouterProvider key={useLanguage()} router={router} />;
}

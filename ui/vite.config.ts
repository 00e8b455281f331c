import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  // the window's pages are files beside each other; a data: URL for a small asset would need a wider CSP
  base: "./",
  build: {
    target: "safari16",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
    // the window, and the small one in which people approve what agents ask for
    rollupOptions: { input: ["index.html", "approvals.html"] },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});

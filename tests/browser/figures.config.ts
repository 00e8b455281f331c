// The figures of the window (docs/performance.md): a measurement of a machine, so not a test. `make bench-ui` runs it.
import base from "./playwright.config.ts";

// each file on a copy of its own: what one writes into the history is not to be read by the next
const files = ["thread", "lists", "stream", "memory"];

export default {
  ...base,
  projects: files.map((name) => ({ name, testMatch: `${name}.spec.ts` })),
  testDir: "figures",
  workers: 1,
  fullyParallel: false,
  timeout: 4 * 60_000,
  use: { ...base.use, actionTimeout: 15_000 },
  reporter: [["list"], ["./figures/support/table.ts"]],
};

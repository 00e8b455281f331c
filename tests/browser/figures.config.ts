// The figures of the window (docs/performance.md): a measurement of a machine, so not a test. `make bench-ui` runs it.
import base from "./playwright.config.ts";

export default {
  ...base,
  testDir: "figures",
  workers: 1,
  fullyParallel: false,
  timeout: 4 * 60_000,
  use: { ...base.use, actionTimeout: 15_000 },
  reporter: [["list"], ["./figures/support/table.ts"]],
};

// Pictures of every screen for docs/screenshots; not a test.
import base from "./playwright.config.ts";

export default { ...base, testDir: "photographs", workers: 1, timeout: 240_000 };

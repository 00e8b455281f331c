// What the thread costs while an answer streams; figures of a machine, so not a test: `npm run bench`.
import base from "./playwright.config.ts";

export default { ...base, testDir: "bench", workers: 1, timeout: 240_000 };

// Reads a log and prints `PASSED FAILED`: the sum of the closing lines of every runner in it; with `--failed`, the names
// of the tests that failed instead, a line each.
// A line counts only when it has a runner's exact form, so that a test's own output is not counted.
import { readFileSync } from "node:fs";

// biome-ignore lint/suspicious/noControlCharactersInRegex: runners colour their lines
const lines = readFileSync(process.argv[2], "utf8").replace(/\x1b\[[0-9;]*m/g, "").split(/\r?\n/);
const FAILURES = [
  /^\s+(?:FAIL|TIMEOUT|ABORT|SIG[A-Z]+|LEAK-FAIL) \[[^\]]*\] +(?:\([^)]*\) +)?(.+)$/, // nextest
  /^test (.+) \.\.\. FAILED$/, // cargo test
  /^\s*FAIL {2}(.+\.test\.tsx? > .+)$/, // vitest
  /^not ok \d+ - (.+)$/, // node:test
  /^(?:FAILED|ERROR) (\S+::.+)$/, // pytest
  /^\s+(?:✘|x) +\d+ (.+)$/, // Playwright
];
if (process.argv[3] === "--failed") {
  const names = lines.flatMap((line) => FAILURES.map((form) => line.match(form)?.[1]?.trim()).filter(Boolean));
  for (const name of new Set(names)) console.log(name);
  process.exit(0);
}

const number = (line, pattern) => Number(line.match(pattern)?.[1] ?? 0);

let passed = 0;
let failed = 0;
for (const line of lines) {
  if (/^\s*Summary \[\s*[\d.]+s\] +\d+(\/\d+)? tests? run:/.test(line)) {
    // nextest
    passed += number(line, /(\d+) passed/);
    failed += number(line, /(\d+) failed/) + number(line, /(\d+) timed out/) + number(line, /(\d+) exec failed/);
  } else if (/^test result: (ok|FAILED)\. \d+ passed; \d+ failed;/.test(line)) {
    // cargo test
    passed += number(line, /(\d+) passed/);
    failed += number(line, /(\d+) failed/);
  } else if (/^\s+Tests +(\d+ (passed|failed|skipped|todo)( \| )?)+ \(\d+\)$/.test(line)) {
    // vitest
    passed += number(line, /(\d+) passed/);
    failed += number(line, /(\d+) failed/);
  } else if (/^(#|ℹ) pass \d+$/.test(line)) {
    // node:test
    passed += number(line, /(\d+)$/);
  } else if (/^(#|ℹ) (fail|cancelled) \d+$/.test(line)) {
    failed += number(line, /(\d+)$/);
  } else if (/^=+ .*\d+ (passed|failed|errors?).* in [\d.]+s.* =+$/.test(line)) {
    // pytest
    passed += number(line, /(\d+) passed/);
    failed += number(line, /(\d+) failed/) + number(line, /(\d+) errors?/);
  } else if (/^ {2}\d+ passed \([\d.]+m?s?[^)]*\)$/.test(line)) {
    // Playwright, one line for each outcome
    passed += number(line, /(\d+)/);
  } else if (/^ {2}\d+ (failed|flaky|interrupted|did not run)$/.test(line)) {
    failed += number(line, /(\d+)/);
  }
}
console.log(`${passed} ${failed}`);

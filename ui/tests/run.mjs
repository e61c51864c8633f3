// Builds the screens over the made-up backend and runs their tests; `--shots` makes the pictures only.
// The last line printed is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const results = join(here, "test-results");
const shotsOnly = process.argv.includes("--shots");
let passed = 0;
let failed = 0;

function run(program, args) {
  return spawnSync(process.execPath, [join(here, "node_modules", program), ...args], { cwd: here, stdio: "inherit" }).status;
}

function tests(name, args) {
  const report = join(results, `${name}.json`);
  rmSync(report, { force: true });
  const status = run("vitest/vitest.mjs", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args]);
  if (!existsSync(report)) {
    failed += 1;
    return;
  }
  const counted = JSON.parse(readFileSync(report, "utf8"));
  passed += counted.numPassedTests;
  // A file that does not even load, or a hook that fails, counts as one failure.
  failed += Math.max(counted.numFailedTests, status === 0 ? 0 : 1);
}

mkdirSync(results, { recursive: true });
console.log("Building the screens over the made-up backend");
if (run("vite/bin/vite.js", ["build", "--mode", "fake", "--logLevel", "warn"]) !== 0) {
  console.log("0 passed, 1 failed");
  process.exit(1);
}
if (!shotsOnly) {
  console.log("Rules of money, time, words and routes");
  tests("rules", []);
}
console.log(shotsOnly ? "Pictures" : "Journeys and pictures in Chromium");
tests("window", ["--config", "vitest.window.config.ts", ...(shotsOnly ? ["tests/shots.en.test.ts", "tests/shots.ru.test.ts"] : [])]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

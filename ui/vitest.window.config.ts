import { defineConfig } from "vitest/config";

// Tests in a real browser engine, over the built screens with the made-up backend.
export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    globalSetup: ["tests/browser.ts"],
    pool: "forks",
    maxWorkers: 2,
    maxConcurrency: 2,
    testTimeout: 40_000,
    hookTimeout: 40_000,
  },
});

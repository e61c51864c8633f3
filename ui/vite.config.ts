import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `--mode fake` builds the same screens over the made-up backend, for pictures and tests in a browser.
export default defineConfig(({ mode }) => {
  const fake = mode === "fake";
  return {
    base: "./",
    plugins: [svelte()],
    build: {
      target: ["es2023", "safari16.4"],
      outDir: fake ? "dist-fake" : "dist",
      emptyOutDir: true,
      // Fonts stay files: the policy of the page allows no font from a data: address.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 700,
      rollupOptions: { input: fake ? "fake.html" : "index.html" },
    },
    server: { port: 5173, strictPort: true, open: false },
    clearScreen: false,
    test: { include: ["src/**/*.test.ts"], environment: "node" },
  };
});

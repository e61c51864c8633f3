// Starts one browser and one server of the built screens for all test files, and stops both.
import { chromium } from "playwright-core";
import { preview } from "vite";
import type { TestProject } from "vitest/node";

const browserPath = process.env["KVIT_CHROMIUM"] ?? "/usr/bin/chromium";

declare module "vitest" {
  interface ProvidedContext {
    address: string;
    browser: string;
  }
}

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const server = await preview({
    mode: "fake",
    logLevel: "error",
    build: { outDir: process.env["KVIT_BUILT"] ?? "dist-fake" },
    preview: { host: "127.0.0.1", port: 4173, strictPort: false },
  });
  const browser = await chromium.launchServer({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
    ],
  });
  const address = server.resolvedUrls?.local[0] ?? server.resolvedUrls?.network[0];
  if (address === undefined) throw new Error("the server of the built screens has no address");
  project.provide("address", address);
  project.provide("browser", browser.wsEndpoint());
  return async () => {
    await browser.close();
    await server.close();
  };
}

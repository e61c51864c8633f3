/// <reference types="vite/client" />
// Pictures of every state of every screen, in both languages and themes, each checked for everyone's use.
import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { Shot } from "../src/lib/shot";
import { latin, overflows, violations } from "./looks";
import { close, open, sizes, useBrowser } from "./window";

const modules = import.meta.glob<{ shots: Shot[] }>("../src/screens/*.shots.ts", { eager: true });
const shots = Object.values(modules).flatMap((one) => one.shots);
const only = process.env["KVIT_SHOTS"];
const folder = "test-results/shots";
mkdirSync(folder, { recursive: true });

useBrowser();

/** Takes and checks the pictures in one language; each language has a test file of its own, so that both cores work. */
export function picture(lang: "en" | "ru"): void {
  test("every picture has its own name", () => {
    expect(new Set(shots.map((shot) => shot.name)).size).toBe(shots.length);
    expect(shots.length).toBeGreaterThan(20);
  });
  test.each(shots.filter((shot) => only === undefined || shot.name.includes(only)))("$name", async (shot) => {
    const page = await open({ route: shot.route, scenario: shot.scenario, lang });
    await page.locator(shot.ready ?? "main").first().waitFor();
    await shot.act?.(page);
    await settle();
    const faults: string[] = [];
    const look = async (where: string): Promise<void> => {
      await page.screenshot({ path: `${folder}/${shot.name}-${where}.png` });
    };
    const note = (where: string, found: string[]): void => {
      faults.push(...found.map((one) => `${where}: ${one}`));
    };
    await look(`${lang}-light`);
    note("light", await violations(page));
    note("1280", await overflows(page));
    if (lang === "ru") note("ru", await latin(page));
    await page.evaluate(() => {
      document.documentElement.dataset["theme"] = "dark";
    });
    await settle();
    await look(`${lang}-dark`);
    note("dark", await violations(page, true));
    await page.setViewportSize(sizes.least);
    await settle();
    await look(`${lang}-least`);
    note("720", await overflows(page));
    if (faults.length > 0) expect.fail(faults.join("\n"));
    await close(page);

    // Two frames: one to lay out, one to paint.
    async function settle(): Promise<void> {
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)))),
      );
    }
  });
}

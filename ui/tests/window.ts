// Opens the screens in the shared browser, each time with a fresh store, and watches for what must never happen.
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import type { ScenarioName } from "../src/ipc/fake/scenarios";

/** What to open. */
export interface Opening {
  route: string;
  scenario?: ScenarioName;
  lang?: "en" | "ru";
  theme?: "light" | "dark";
  size?: { width: number; height: number };
}

/** Ordinary and smallest window. */
export const sizes = { usual: { width: 1280, height: 800 }, least: { width: 720, height: 560 } };

let browser: Browser;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

/** Connects a test file to the shared browser; call once at its top. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.connect(inject("browser"));
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(complaints.splice(0)).toEqual([]);
  });
}

/** Address of a screen. */
export function address(opening: Opening): string {
  const query = new URLSearchParams({
    scenario: opening.scenario ?? "usual",
    lang: opening.lang ?? "en",
    theme: opening.theme ?? "light",
  });
  return `${inject("address")}fake.html?${query.toString()}#${opening.route}`;
}

/** Opens a screen in a context of its own. Errors in the console and refused requests fail the test. */
export async function open(opening: Opening): Promise<Page> {
  const context = await browser.newContext({
    viewport: opening.size ?? sizes.usual,
    reducedMotion: "reduce",
    locale: opening.lang === "ru" ? "ru-RU" : "en-GB",
    timezoneId: "Europe/Berlin",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on("pageerror", (error) => complaints.push(`${opening.route}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${opening.route}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(inject("address")) && !url.startsWith("data:") && !url.startsWith("blob:")) {
      complaints.push(`${opening.route}: asked ${url}`);
    }
  });
  await page.goto(address(opening));
  return page;
}

/** Closes what a test opened before its end, so that many pictures need little memory. */
export async function close(page: Page): Promise<void> {
  const context = page.context();
  contexts.splice(contexts.indexOf(context), 1);
  await context.close();
}

/** An element by its test id. */
export function byId(page: Page, id: string): Locator {
  return page.getByTestId(id);
}

/** Moves the focus with the Tab key until it is on the element; fails when it cannot be reached. */
export async function tabTo(page: Page, target: Locator, most = 80): Promise<void> {
  for (let steps = 0; steps < most; steps += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the Tab key does not reach ${String(target)}`);
}

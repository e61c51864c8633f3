// A thousand texts that try to deceive, in every place a stranger can fill: names, subjects, last words, messages.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { payload } from "../src/ipc/fake/payloads";
import { SHOWN } from "../src/lib/strange";
import { byId, open, useBrowser } from "./window";

useBrowser();

// What of a stranger's text may be there beside text: what isolates it, marks what is hidden or poses, asks about a link.
const ALLOWED = ["BDI", "SPAN.mark", "SPAN.odd", "SPAN.asks"];
// Direction controls and what has no width.
const UNSEEN = "[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\u200e\\u200f\\u2060\\ufeff\\u00ad\\u061c]";

interface Found {
  /** Elements that have no place in text. */
  bad: string[];
  /** Longest text. */
  longest: number;
  seen: number;
}

/** Looks at everything strangers wrote that is in the document now. */
async function look(page: Page): Promise<Found> {
  return page.evaluate(
    ([allowed, unseen]) => {
      const bad: string[] = [];
      const texts = [...document.querySelectorAll("bdi.stranger")];
      let longest = 0;
      for (const text of texts) {
        longest = Math.max(longest, (text.textContent ?? "").length);
        for (const inner of text.querySelectorAll("*")) {
          const name = inner.tagName + (inner.classList[0] === undefined ? "" : `.${inner.classList[0]}`);
          if (!allowed.includes(name)) bad.push(name);
        }
        if (getComputedStyle(text).unicodeBidi !== "isolate") bad.push("not isolated");
        if (new RegExp(unseen).test(text.textContent ?? "")) bad.push(`hidden: ${JSON.stringify(text.textContent)}`);
      }
      for (const link of document.querySelectorAll("main a[href]")) {
        if (!(link.getAttribute("href") ?? "").startsWith("#/")) bad.push(link.outerHTML);
      }
      for (const odd of document.querySelectorAll("iframe, object, embed, math, main script, main style, form, [onerror], [onload], [onfocus]")) {
        bad.push(odd.outerHTML.slice(0, 80));
      }
      if (document.querySelectorAll("main img:not([src^='data:'])").length > 0) bad.push("a picture from elsewhere");
      return { bad: [...new Set(bad)], longest, seen: texts.length };
    },
    [ALLOWED, UNSEEN] as const,
  );
}

test("the payloads are a thousand different ones", () => {
  const all = Array.from({ length: 1000 }, (_, at) => payload(at));
  expect(new Set(all).size).toBe(1000);
  expect(Math.max(...all.map((one) => one.length))).toBeLessThanOrEqual(1000);
});

test("a thousand messages are text and nothing else", async () => {
  const page = await open({ route: "/talks/payment%2F1207", scenario: "hostileTalks" });
  await byId(page, "talk-line").first().waitFor();
  const ids = new Set<string>();
  for (let step = 0; step < 30; step += 1) {
    const found = await look(page);
    expect(found.bad).toEqual([]);
    expect(found.longest).toBeLessThanOrEqual(SHOWN * 3);
    const here = await byId(page, "talk-line").evaluateAll((lines) => lines.map((line) => line.getAttribute("data-id") ?? ""));
    for (const id of here) ids.add(id);
    if (ids.size === 1000) break;
    const [first] = here;
    await byId(page, "talk-log").evaluate((log) => (log.scrollTop = 0));
    await expect.poll(() => byId(page, "talk-line").first().getAttribute("data-id"), { timeout: 8000 }).not.toBe(first);
  }
  expect(ids.size).toBe(1000);
});

test("names, subjects and last words in the list are text in one line each, and rows keep their height", async () => {
  const page = await open({ route: "/talks", scenario: "hostileTalks" });
  await byId(page, "talk-row").first().waitFor();
  const seen = new Set<string>();
  for (let top = 0; seen.size < 1001 && top < 90_000; top += 900) {
    await byId(page, "talks-list").evaluate((list, to) => (list.scrollTop = to), top);
    await expect.poll(() => page.locator("[data-testid=talks-list] [role=option]:not([data-id])").count(), { timeout: 8000 }).toBe(0);
    const found = await look(page);
    expect(found.bad).toEqual([]);
    const rows = await byId(page, "talk-row").evaluateAll((all) =>
      all.map((row) => ({ id: row.getAttribute("data-id") ?? "", wide: row.scrollWidth > row.clientWidth + 1, high: row.clientHeight })),
    );
    for (const row of rows) {
      expect(row.wide).toBe(false);
      expect(row.high).toBeLessThanOrEqual(76);
      seen.add(row.id);
    }
  }
  expect(seen.size).toBe(1001);
});

test("a link leads nowhere; asked about, it tells its host in its technical form and can only be copied", async () => {
  const page = await open({ route: "/talks/invoice%2F13%2F7d1f0c2e-0000-4000-8000-000000000000", scenario: "usual" });
  await byId(page, "talk-row").filter({ hasText: "north-prints" }).click();
  const link = page.locator(".asks").first();
  await link.focus();
  await page.keyboard.press("Enter");
  const url = page.url();
  const leads = page.locator(".leads");
  await leads.getByText("xn--80ak6aa92e.example").waitFor();
  await leads.getByText("may pose as another site", { exact: false }).waitFor();
  expect(await page.locator("[data-testid=talk-line] a").count()).toBe(0);
  await leads.getByRole("button").click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("https://xn--80ak6aa92e.example/pay");
  expect(page.url()).toBe(url);
  await link.focus();
  await page.keyboard.press("Enter");
  await leads.waitFor({ state: "detached" });
});

// A list of a hundred thousand payments: dragging, keys, keeping one's place, reading what is on its way.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

const rows = (page: Page) => byId(page, "payment-row");
const at = (page: Page, place: number) => page.locator(`[data-testid=payment-row][aria-posinset="${String(place)}"]`);
const chosen = (page: Page) => page.locator("[data-testid=payments-list] [role=option][aria-selected=true]");

/** Rows in the document, read or on their way. */
const drawn = (page: Page) => page.locator("[data-testid=payments-list] [role=option]").count();

async function drag(page: Page, part: number): Promise<void> {
  await byId(page, "payments-list").evaluate((list, to) => (list.scrollTop = (list.scrollHeight - list.clientHeight) * to), part);
}

test("a drag to any place shows the rows of that place, and few rows exist at a time", async () => {
  const page = await open({ route: "/payments", scenario: "many" });
  await rows(page).first().waitFor();
  expect(await byId(page, "payments-list").getAttribute("data-total")).toBe("100008");
  for (const part of [0.1, 0.73, 0.4, 0.99, 0.5]) await drag(page, part);
  await at(page, 50_005).waitFor();
  expect(await at(page, 50_005).getAttribute("data-id")).toBe("150004");
  expect(await at(page, 50_005).getAttribute("aria-setsize")).toBe("100008");
  expect(await drawn(page)).toBeLessThanOrEqual(80);
  await drag(page, 1);
  await at(page, 100_008).waitFor();
  expect(await drawn(page)).toBeLessThanOrEqual(80);
});

test("the keys walk over all rows, those that were never read too", async () => {
  const page = await open({ route: "/payments", scenario: "many" });
  await rows(page).first().waitFor();
  await tabTo(page, byId(page, "payments-list"));
  await page.keyboard.press("End");
  await expect.poll(() => chosen(page).getAttribute("aria-posinset")).toBe("100008");
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe(await chosen(page).getAttribute("data-id"));
  await page.keyboard.press("PageUp");
  await expect.poll(async () => Number(await chosen(page).getAttribute("aria-posinset"))).toBeLessThan(100_008);
  await page.keyboard.press("ArrowUp");
  const place = Number(await chosen(page).getAttribute("aria-posinset"));
  expect(place).toBeGreaterThan(99_980);
  const active = await byId(page, "payments-list").getAttribute("aria-activedescendant");
  expect(await chosen(page).getAttribute("id")).toBe(active);
  await page.keyboard.press("Home");
  await expect.poll(() => chosen(page).getAttribute("aria-posinset")).toBe("1");
});

test("payments that come in at the top move neither what one reads nor what is chosen", async () => {
  const page = await open({ route: "/payments", scenario: "arriving" });
  await rows(page).first().waitFor();
  await drag(page, 0.5);
  await at(page, 50_006).waitFor();
  const id = await at(page, 50_006).getAttribute("data-id");
  const row = page.locator(`[data-testid=payment-row][data-id="${String(id)}"]`);
  await row.click();
  const list = byId(page, "payments-list");
  const [total, place] = [Number(await list.getAttribute("data-total")), Number(await row.getAttribute("aria-posinset"))];
  expect(total).toBeLessThan(100_011);
  const before = await row.boundingBox();
  await expect.poll(() => list.getAttribute("data-total"), { timeout: 15_000 }).toBe("100011");
  expect(await row.getAttribute("aria-posinset")).toBe(String(place + 100_011 - total));
  expect(await row.getAttribute("aria-selected")).toBe("true");
  const after = await row.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? -100))).toBeLessThanOrEqual(1);
});

test("a payment that comes in is seen at once by who is at the top", async () => {
  const page = await open({ route: "/payments", scenario: "arrivingOnce" });
  await rows(page).first().waitFor();
  await expect.poll(() => rows(page).first().getAttribute("data-id"), { timeout: 10_000 }).toBe("1301");
});

test("rows on their way are grey lines, are named as such, and are chosen by the keys when they come", async () => {
  const page = await open({ route: "/payments", scenario: "slowList" });
  await rows(page).first().waitFor();
  await tabTo(page, byId(page, "payments-list"));
  await page.keyboard.press("End");
  await page.locator(".bones").first().waitFor();
  expect(await page.locator("[data-testid=payments-list] [role=option]").last().textContent()).toContain("Reading");
  await expect.poll(() => chosen(page).getAttribute("aria-posinset"), { timeout: 15_000 }).toBe("100008");
});

test("the chosen row is where one left it after a look at another screen", async () => {
  const page = await open({ route: "/payments", scenario: "many" });
  await rows(page).first().waitFor();
  await drag(page, 0.3);
  await at(page, 30_010).waitFor();
  const id = await at(page, 30_010).getAttribute("data-id");
  await at(page, 30_010).click();
  await byId(page, "rail-deals").click();
  await page.getByText("No deals", { exact: false }).first().waitFor();
  await byId(page, "rail-payments").click();
  await expect.poll(() => chosen(page).getAttribute("data-id")).toBe(id);
  const seen = await chosen(page).evaluate((row) => {
    const list = row.closest("[role=listbox]")?.getBoundingClientRect();
    const box = row.getBoundingClientRect();
    return list !== undefined && box.top >= list.top && box.bottom <= list.bottom;
  });
  expect(seen).toBe(true);
});

test("a payment opened by its number is found in the list, however deep it stands", async () => {
  const page = await open({ route: "/payments/120000", scenario: "many" });
  await expect.poll(() => chosen(page).getAttribute("aria-posinset")).toBe("80009");
});

test("a search begins at its top and counts what it found", async () => {
  const page = await open({ route: "/payments", scenario: "many" });
  await rows(page).first().waitFor();
  await drag(page, 0.6);
  await byId(page, "payments-search").fill("books-and-maps");
  await expect.poll(() => byId(page, "payments-list").getAttribute("data-total")).toBe("20001");
  expect(await byId(page, "payments-list").evaluate((list) => list.scrollTop)).toBe(0);
  await page.getByText("20\u00a0001 found").waitFor();
});

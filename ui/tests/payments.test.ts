// The list of payments and one of them: reading, walking, searching, the seal, canceling.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, sizes, tabTo, useBrowser } from "./window";

useBrowser();

const rows = (page: Page) => byId(page, "payment-row");
const chosen = (page: Page) => page.locator("[data-testid=payment-row][aria-selected=true]");

async function ready(page: Page): Promise<void> {
  await rows(page).first().waitFor();
}

test("a verified receipt shows its fields against the server's, and what is not covered", async () => {
  const page = await open({ route: "/payments/1207" });
  await page.locator("[data-testid=payment-detail] [data-testid=seal][data-state=verified]").waitFor();
  expect(await byId(page, "seal-field").count()).toBe(8);
  const amount = page.locator("[data-field=cryptoAmount]");
  expect(await amount.textContent()).toContain("0.00240000");
  expect(await amount.textContent()).toContain("same");
  await page.getByText("Not covered by the signature").waitFor();
});

test("a receipt that names another amount says so in the list, in the headline and in the row", async () => {
  const page = await open({ route: "/payments", scenario: "mismatch" });
  await ready(page);
  expect(await rows(page).first().textContent()).toContain("does not match");
  await rows(page).first().click();
  await page.locator("[data-testid=payment-detail] [data-testid=seal][data-state=doesNotMatch]").waitFor();
  expect(await byId(page, "seal-reason").textContent()).toContain("0.00120000");
  expect(await page.locator("[data-field=cryptoAmount]").textContent()).toContain("differs");
});

test("a forged receipt shows no field at all", async () => {
  const page = await open({ route: "/payments", scenario: "forged" });
  await ready(page);
  await rows(page).first().click();
  await page.locator("[data-testid=payment-detail] [data-testid=seal][data-state=forged]").waitFor();
  expect(await byId(page, "seal-field").count()).toBe(0);
  expect(await byId(page, "signed-text").count()).toBe(0);
});

test("the arrow keys walk the list, and the choice survives a restart", async () => {
  const page = await open({ route: "/payments" });
  await ready(page);
  await tabTo(page, byId(page, "payments-list"));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const id = await rows(page).nth(1).getAttribute("data-id");
  await expect.poll(() => chosen(page).getAttribute("data-id")).toBe(id);
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe(id);
  await page.goto(page.url().replace(/#.*/, "#/payments"));
  await page.reload();
  await expect.poll(() => chosen(page).getAttribute("data-id")).toBe(id);
});

test("a long list is read as one walks down, and holds few rows at a time", async () => {
  const page = await open({ route: "/payments", scenario: "many" });
  await ready(page);
  const list = byId(page, "payments-list");
  await list.focus();
  for (let pages = 0; pages < 4; pages += 1) {
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.querySelector("[data-testid=payments-list] [aria-selected=true]") !== null);
  }
  expect(await rows(page).count()).toBeLessThan(60);
  const place = await chosen(page).evaluate((row) => Math.round(row.getBoundingClientRect().top));
  expect(place).toBeGreaterThan(0);
  expect(Number(await chosen(page).getAttribute("aria-posinset"))).toBeGreaterThan(100);
});

test("the search waits for the hand, finds by number, and Esc empties it", async () => {
  const page = await open({ route: "/payments" });
  await ready(page);
  const all = await rows(page).count();
  await page.keyboard.press("Control+KeyF");
  const search = byId(page, "payments-search");
  expect(await search.evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("1207");
  await expect.poll(() => rows(page).count()).toBe(1);
  expect(await rows(page).first().getAttribute("data-id")).toBe("1207");
  await page.keyboard.press("Escape");
  expect(await search.inputValue()).toBe("");
  await expect.poll(() => rows(page).count()).toBe(all);
});

test("direction and status narrow the list; a list with nothing in it offers the way back", async () => {
  const page = await open({ route: "/payments" });
  await ready(page);
  await page.getByText("To me", { exact: true }).click();
  await expect.poll(() => page.locator("[data-testid=payment-row] [data-sats^='-']").count()).toBe(0);
  await byId(page, "payments-status").selectOption("canceled");
  await page.getByText("No payment fits").waitFor();
  await page.getByRole("button", { name: "Show all payments" }).click();
  await ready(page);
});

test("canceling takes two steps, names amount and counterparty, and ignores a bare Enter", async () => {
  const page = await open({ route: "/payments", scenario: "pendingDeal" });
  await ready(page);
  await rows(page).first().click();
  await byId(page, "payment-cancel").click();
  const confirm = byId(page, "payment-cancel-confirm");
  const words = await page.locator("dialog[open]").textContent();
  expect(words).toContain("0.00240000 BTC");
  expect(words).toContain("shop-1");
  await tabTo(page, confirm);
  await page.keyboard.press("Enter");
  expect(await byId(page, "payment-detail").getAttribute("data-status")).toBe("pending");
  await page.keyboard.press("Space");
  await page.locator("[data-testid=payment-detail][data-status=canceled]").waitFor();
});

test("a stranger's link stays text until its host was seen", async () => {
  const page = await open({ route: "/payments/1207" });
  await byId(page, "secret").first().waitFor();
  expect(await byId(page, "payment-detail").locator("a[href^=http]").count()).toBe(0);
  await page.getByRole("button", { name: "Where does this link lead?" }).click();
  await page.getByText("pickup.shop-1.example", { exact: true }).waitFor();
  await page.getByRole("button", { name: "copy the link" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^https:\/\/pickup\.shop-1\.example\//);
});

test("text that turns its surroundings around is shown with marks", async () => {
  const page = await open({ route: "/payments" });
  await ready(page);
  const hostile = rows(page).filter({ hasText: "north-prints" });
  expect(await hostile.locator(".mark").allTextContents()).toContain("RLO");
  expect(await hostile.innerHTML()).not.toContain("\u202e");
});

test("in a narrow window the payment covers the list and Esc leads back to the row", async () => {
  const page = await open({ route: "/payments", size: sizes.least });
  await ready(page);
  await rows(page).nth(1).click();
  await byId(page, "detail-back").waitFor();
  expect(await byId(page, "detail-back").evaluate((button) => button === document.activeElement)).toBe(true);
  expect(await byId(page, "payments-list").isVisible()).toBe(false);
  await page.keyboard.press("Escape");
  await expect.poll(() => byId(page, "payments-list").evaluate((list) => list === document.activeElement)).toBe(true);
});

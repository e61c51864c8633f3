// Deals: from the trader's details to the sealed payment, and the chat.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { chooseGermany } from "../src/screens/Pay.shots";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

async function first(page: Page): Promise<void> {
  await byId(page, "deal-row").first().click();
  await byId(page, "deal-turn").waitFor();
}

test("from the advertisement through “I paid” to the verified seal", async () => {
  const page = await open({ route: "/pay/88" });
  await chooseGermany(page);
  await byId(page, "pay-by-ad").click();
  await byId(page, "pay-confirm").click();
  await page.getByText("These are not real details", { exact: false }).waitFor();
  await byId(page, "deal-i-paid").click();
  const dialog = byId(page, "deal-dialog");
  expect(await dialog.textContent()).toContain("66.24");
  expect(await dialog.textContent()).toContain("north-trader");
  await byId(page, "deal-i-paid-confirm").click();
  await page.locator("[data-testid=deal][data-status=completed]").waitFor();
  await page.locator("[data-testid=deal] [data-testid=seal][data-state=verified]").waitFor();
  await byId(page, "deal-payment").click();
  expect(page.url()).toMatch(/#\/payments\/\d+$/);
});

test("“I paid” needs two steps and no bare Enter", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  await byId(page, "deal-i-paid").focus();
  await page.keyboard.press("Enter");
  expect(await byId(page, "deal-i-paid-confirm").count()).toBe(0);
  await page.keyboard.press("Space");
  const confirm = byId(page, "deal-i-paid-confirm");
  await confirm.waitFor();
  await tabTo(page, confirm);
  await page.keyboard.press("Enter");
  expect(await byId(page, "deal-i-paid").count()).toBe(1);
  await page.keyboard.press("Space");
  await byId(page, "deal-i-paid").waitFor({ state: "detached" });
  // After it there is no way to cancel.
  expect(await byId(page, "deal-cancel").count()).toBe(0);
});

test("canceling cancels the payment too", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  await byId(page, "deal-cancel").click();
  expect(await byId(page, "deal-dialog").textContent()).toContain("132.48");
  await byId(page, "deal-cancel-confirm").click();
  await page.locator("[data-testid=deal][data-status=canceled]").waitFor();
  await page.evaluate(() => (location.hash = "#/pay/88"));
  await byId(page, "pay-from-balance").waitFor();
});

test("a message is sent with Enter and shown once", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  const mine = page.locator("[data-testid=talk-line][data-author=me]");
  const before = await mine.count();
  await byId(page, "talk-input").fill("First line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("");
  await expect.poll(() => mine.count()).toBe(before + 1);
  expect(await mine.nth(before).textContent()).toContain("First line\nsecond line");
});

test("a message without an answer is looked after and not sent twice; one that was refused can be sent again", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  const mine = page.locator("[data-testid=talk-line][data-author=me]");
  const before = await mine.count();
  await byId(page, "talk-input").fill("on its way #lost");
  await byId(page, "talk-send").click();
  await page.locator("[data-testid=talk-line][data-state=checking]").waitFor();
  await expect.poll(() => mine.nth(before).getAttribute("data-state"), { timeout: 8000 }).toBe("sent");
  expect(await mine.count()).toBe(before + 1);
  await byId(page, "talk-input").fill("again #refused");
  await byId(page, "talk-send").click();
  await byId(page, "line-retry").click();
  await expect.poll(() => mine.nth(before + 1).getAttribute("data-state")).toBe("sent");
  expect(await mine.count()).toBe(before + 2);
});

test("a draft is kept while one looks elsewhere and after a restart", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  await byId(page, "talk-input").fill("half a thought");
  await page.evaluate(() => (location.hash = "#/payments"));
  await byId(page, "payment-row").first().waitFor();
  await page.evaluate(() => (location.hash = "#/deals"));
  await first(page);
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("half a thought");
  await page.reload();
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("half a thought");
});

test("each deal has its own draft, and a sent one is forgotten", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  const input = byId(page, "talk-input");
  await input.fill("for the newer deal");
  await input.blur();
  await byId(page, "deal-row").nth(1).click();
  // The older deal is closed: it takes no text at all.
  await input.waitFor({ state: "detached" });
  await first(page);
  await expect.poll(() => input.inputValue()).toBe("for the newer deal");
  await input.press("Enter");
  await expect.poll(() => input.inputValue()).toBe("");
  await page.reload();
  await input.waitFor();
  await page.getByText("Thank you. I am sending it", { exact: false }).waitFor();
  expect(await input.inputValue()).toBe("");
});

test("the length is counted as the marketplace counts it", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await first(page);
  const input = byId(page, "talk-input");
  await input.fill("😀".repeat(500));
  expect(await byId(page, "talk-count").textContent()).toBe("1000 of 1000");
  expect(await byId(page, "talk-send").isEnabled()).toBe(true);
  await input.fill(`${"😀".repeat(500)}a`);
  expect(await byId(page, "talk-send").isEnabled()).toBe(false);
  await page.getByText("1 too many").waitFor();
  await page.keyboard.press("Enter");
  expect(await input.inputValue()).toHaveLength(1001);
});

test("the arrow keys walk through the list", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal" });
  await byId(page, "deal-row").first().focus();
  await page.keyboard.press("ArrowDown");
  expect(page.url()).toMatch(/#\/deals\/1301$/);
  await page.keyboard.press("ArrowUp");
  expect(page.url()).toMatch(/#\/deals\/1303$/);
});

test("a narrow window shows the deal over the list, with a way back", async () => {
  const page = await open({ route: "/deals", scenario: "pendingDeal", size: { width: 720, height: 560 } });
  await first(page);
  await byId(page, "detail-back").click();
  expect(page.url()).toMatch(/#\/deals$/);
  await byId(page, "deal-row").first().waitFor();
});

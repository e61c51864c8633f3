// What the marketplace said before against what it says now; paid twice; another sum; an act without an outcome.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, useBrowser } from "./window";

useBrowser();

const rows = (page: Page) => byId(page, "payment-row");
const said = (page: Page, about: string) => page.locator(`[data-testid=notice][data-about=${about}]`);
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

test("a payment that was paid and is pending again says both, and what to do", async () => {
  const page = await open({ route: "/payments", scenario: "noticed" });
  await byId(page, "row-noticed").waitFor();
  await byId(page, "noticed-only").check();
  await expect.poll(() => rows(page).count()).toBe(1);
  await rows(page).first().click();
  await said(page, "status").waitFor();
  const cells = await said(page, "status").locator("td").allTextContents();
  expect(cells).toEqual(["Paid", "Pending"]);
  await byId(page, "notices-copy").click();
  await byId(page, "said").getByText("Copied").waitFor();
  const text = await clipboard(page);
  expect(text).toContain("Payment 1207");
  expect(text).toMatch(/Status: earlier Paid, now Pending \(noticed \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\)/);
});

test("a contradiction that was looked at is marked no more, and stays on its payment", async () => {
  const page = await open({ route: "/payments", scenario: "noticed" });
  await byId(page, "row-noticed").waitFor();
  await rows(page).first().click();
  await byId(page, "notices").waitFor();
  await byId(page, "row-noticed").waitFor({ state: "detached" });
  expect(await byId(page, "notices").isVisible()).toBe(true);
});

test("every kind of contradiction has its two versions in words", async () => {
  const page = await open({ route: "/payments/1207", scenario: "contradictions" });
  await byId(page, "notices").waitFor();
  const versions = async (about: string): Promise<string[]> => said(page, about).locator("td").allInnerTexts();
  expect(await versions("secret")).toEqual(["2 pieces", "1 of them unchanged"]);
  expect(await versions("receipt")).toEqual(["CryptoAmount: 0.0024", "CryptoAmount: 0.0025"]);
  expect(await versions("seller")).toEqual(["shop-1", "north-prints"]);
  expect(await versions("invoice")).toEqual(["№ 88", "№ 92"]);
  expect(await said(page, "amount").locator("[data-sats]").count()).toBe(2);
});

test("a payment the marketplace no longer lists is kept, with its receipt and its history", async () => {
  const page = await open({ route: "/payments/1207", scenario: "vanished" });
  await page.getByText("no longer lists this payment").waitFor();
  await byId(page, "notices-save").click();
  await byId(page, "said").waitFor();
  await byId(page, "said-history").locator("summary").click();
  await byId(page, "said-history").getByText("not in the list").waitFor();
  expect(await byId(page, "receipt-brief").textContent()).toContain("archived");
});

test("paid twice: both numbers lead to each other, and the letter asks for the later one", async () => {
  const page = await open({ route: "/payments/1207", scenario: "twice" });
  await byId(page, "twin").click();
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe("1206");
  expect(await byId(page, "twin").textContent()).toContain("1207");
  await byId(page, "twice-refund").click();
  const letter = await byId(page, "ask-refund-text").inputValue();
  expect(letter).toContain("payments 1206 and 1207");
  expect(letter).toContain("refund on payment 1207");
  expect(letter).toContain("invoice 88");
  expect(letter).toContain("0.00240000 BTC");
});

test("another sum than agreed stands beside what was agreed", async () => {
  const page = await open({ route: "/payments/1207", scenario: "tookMore" });
  await byId(page, "difference").waitFor();
  const sums = byId(page, "difference").locator("[data-sats]");
  expect(await sums.evaluateAll((all) => all.map((one) => one.getAttribute("data-sats")))).toEqual(["240000", "243600"]);
});

test("canceling waits for a connection, and says so", async () => {
  const page = await open({ route: "/payments/1210", scenario: "pendingOffline" });
  await byId(page, "cancel-waits").getByText("waits for a connection").waitFor();
  expect(await byId(page, "payment-cancel").isDisabled()).toBe(true);
});

test("an act without an outcome is marked in the list and leads to what is checked", async () => {
  const page = await open({ route: "/payments", scenario: "canceling" });
  await byId(page, "row-unresolved").waitFor();
  await rows(page).first().click();
  await byId(page, "payment-operation").getByRole("button").click();
  await expect.poll(() => page.url()).toContain("#/operations/op-2");
});

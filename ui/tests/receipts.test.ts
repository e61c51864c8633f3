// The archive of receipts: found, opened and checked again without a network, saved, and what it says when something is odd.
import { expect, test } from "vitest";
import { byId, open, useBrowser } from "./window";

useBrowser();

test("the archive is searched by number and name, and a receipt is checked when it is opened", async () => {
  const page = await open({ route: "/receipts" });
  const rows = byId(page, "receipt-row");
  await rows.first().waitFor();
  const all = await rows.count();
  await page.keyboard.press("Control+KeyF");
  await page.keyboard.type("books");
  await expect.poll(() => rows.count()).toBe(1);
  expect(all).toBeGreaterThan(3);
  await byId(page, "receipts-search").fill("1207");
  await expect.poll(() => rows.first().getAttribute("data-id")).toBe("1207");
  await rows.first().click();
  const receipt = byId(page, "receipt");
  await receipt.waitFor();
  expect(await receipt.getAttribute("data-seal")).toBe("verified");
  expect(await receipt.textContent()).toContain("Checked again just now");
  expect(await byId(page, "seal-field").count()).toBe(8);
  expect(await byId(page, "receipt-key-groups").textContent()).toContain("9C41 07FE");
});

test("without a connection the archive is all there", async () => {
  const page = await open({ route: "/receipts", scenario: "disconnected" });
  await byId(page, "receipt-row").first().click();
  await page.locator("[data-testid=receipt][data-seal=verified]").waitFor();
});

test("the signed text is saved and copied as it came", async () => {
  const page = await open({ route: "/receipts/1207" });
  await byId(page, "receipt-save").click();
  await byId(page, "said").waitFor();
  expect(await byId(page, "said").textContent()).toContain("kvit-payment-1207.asc");
  await byId(page, "receipt-copy").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.startsWith("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nType: INVOICE_PAYMENT\nPaymentId: 1207\n")).toBe(true);
  await byId(page, "receipt-payment").click();
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe("1207");
});

test("a receipt by another key than today's says so", async () => {
  const page = await open({ route: "/receipts/1207", scenario: "otherKey" });
  expect(await byId(page, "receipt-other-key").textContent()).toContain("The key pinned today is another one");
  expect(await byId(page, "receipt-key-groups").textContent()).toContain("27B0 A11C");
  const usual = await open({ route: "/receipts/1207" });
  await byId(usual, "receipt").waitFor();
  expect(await byId(usual, "receipt-other-key").count()).toBe(0);
});

test("an archive of many thousands is reached to its end, with few rows in the page", async () => {
  const page = await open({ route: "/receipts", scenario: "many" });
  const list = byId(page, "receipts-list");
  await byId(page, "receipt-row").first().waitFor();
  expect(Number(await list.getAttribute("data-total"))).toBeGreaterThan(80_000);
  await list.focus();
  await page.keyboard.press("End");
  await expect.poll(() => byId(page, "receipt").getAttribute("data-id")).toMatch(/^100\d{3}$/);
  expect(await list.locator("[role=option]").count()).toBeLessThan(81);
  await page.keyboard.press("Home");
  await expect.poll(() => byId(page, "receipt").getAttribute("data-id")).not.toMatch(/^100\d{3}$/);
});

test("an empty archive teaches, and a text is checked beside it", async () => {
  const page = await open({ route: "/receipts", scenario: "empty" });
  await page.getByText("No receipts yet").waitFor();
  await byId(page, "tab-check").click();
  await byId(page, "receipt-text").waitFor();
  await byId(page, "tab-archive").click();
  await page.getByText("No receipts yet").waitFor();
});

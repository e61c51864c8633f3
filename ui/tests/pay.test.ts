// Paying: the ways, what stands in the way, what happens when the answer does not come.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { chooseGermany } from "../src/screens/Pay.shots";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

async function find(page: Page, text: string): Promise<void> {
  await byId(page, "pay-invoice-input").fill(text);
  await byId(page, "pay-find").click();
}

async function available(page: Page): Promise<string> {
  return (await byId(page, "money-available").textContent()) ?? "";
}

test("from balance to the verified seal", async () => {
  const page = await open({ route: "/pay" });
  await find(page, "88");
  await byId(page, "pay-pieces").fill("2");
  const pay = page.getByRole("button", { name: "Pay 0.00240000 BTC" });
  await pay.waitFor();
  await pay.click();
  const dialog = byId(page, "pay-dialog");
  expect(await dialog.textContent()).toContain("shop-1");
  expect(await dialog.textContent()).toContain("2 pieces of invoice 88");
  await byId(page, "pay-confirm").click();
  await page.locator("[data-testid=seal][data-state=verified]").first().waitFor();
  await page.getByText("Locker 15", { exact: false }).waitFor();
  expect(page.url()).toMatch(/#\/payments\/\d+$/);
  await expect.poll(() => available(page)).toContain("0.47882010");
});

test("a link does as well as a number", async () => {
  const page = await open({ route: "/pay" });
  await find(page, " https://market.example/invoice/640 ");
  await byId(page, "pay-invoice").waitFor();
  expect(await byId(page, "pay-pieces").inputValue()).toBe("2");
});

test("money never moves on a bare Enter", async () => {
  const page = await open({ route: "/pay/88" });
  const pay = byId(page, "pay-from-balance");
  await pay.focus();
  await page.keyboard.press("Enter");
  expect(await byId(page, "pay-confirm").count()).toBe(0);
  await page.keyboard.press("Control+Enter");
  const confirm = byId(page, "pay-confirm");
  await confirm.waitFor();
  // The focus starts on the way back; Enter there goes back.
  await page.keyboard.press("Enter");
  await confirm.waitFor({ state: "detached" });
  await pay.click();
  await confirm.focus();
  await page.keyboard.press("Enter");
  expect(await confirm.isVisible()).toBe(true);
  expect(page.url()).toContain("#/pay/88");
  expect(await available(page)).toContain("0.48122010");
  await page.keyboard.press("Space");
  await page.locator("[data-testid=seal][data-state=verified]").first().waitFor();
});

test("the whole way by keyboard", async () => {
  const page = await open({ route: "/payments" });
  await byId(page, "payment-row").first().waitFor();
  await page.keyboard.press("Control+2");
  await tabTo(page, byId(page, "pay-invoice-input"));
  await page.keyboard.type("92");
  await page.keyboard.press("Enter");
  await byId(page, "pay-from-balance").waitFor();
  await tabTo(page, byId(page, "pay-from-balance"));
  await page.keyboard.press("Space");
  await tabTo(page, byId(page, "pay-confirm"));
  await page.keyboard.press("Space");
  await page.locator("[data-testid=seal][data-state=verified]").first().waitFor();
});

test("Ctrl+F goes to the invoice number", async () => {
  const page = await open({ route: "/pay/88" });
  await byId(page, "pay-from-balance").waitFor();
  await page.keyboard.press("Control+f");
  await expect.poll(() => byId(page, "pay-invoice-input").evaluate((one) => one === document.activeElement)).toBe(true);
});

test("Esc leaves the question and pays nothing", async () => {
  const page = await open({ route: "/pay/88" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").waitFor();
  await page.keyboard.press("Escape");
  await byId(page, "pay-confirm").waitFor({ state: "detached" });
  expect(await available(page)).toContain("0.48122010");
});

const obstacles = [
  { name: "unknown invoice", invoice: "999", code: null, en: "There is no invoice 999", ru: "Счёта 999 на этой площадке нет" },
  { name: "not a number", invoice: "coffee", code: null, en: "neither an invoice number", ru: "не номер счёта" },
  { name: "own invoice", invoice: "77", code: "ownInvoice", en: "your own invoice", ru: "ваш собственный счёт" },
  { name: "sold out", invoice: "404", code: "invoiceSoldOut", en: "Sold out", ru: "Всё продано" },
  { name: "deleted", invoice: "405", code: "invoiceNotActive", en: "takes no payments", ru: "не принимает платежи" },
  { name: "expired", invoice: "66", code: "invoiceExpired", en: "time to pay this invoice is over", ru: "Срок оплаты этого счёта вышел" },
];

test.each(obstacles.flatMap((one) => (["en", "ru"] as const).map((lang) => ({ ...one, lang }))))(
  "$name, in $lang: its own sentence, the number stays, no way to pay",
  async (one) => {
    const page = await open({ route: "/pay", lang: one.lang });
    await find(page, one.invoice);
    await page.getByText(one[one.lang], { exact: false }).first().waitFor();
    if (one.code !== null) expect(await byId(page, "fault").getAttribute("data-code")).toBe(one.code);
    expect(await byId(page, "pay-invoice-input").inputValue()).toBe(one.invoice);
    expect(await byId(page, "pay-from-balance").count()).toBe(0);
    expect(await byId(page, "pay-fiat").count()).toBe(0);
  },
);

test.each([
  ["en", "at most 10 at once"],
  ["ru", "за раз не больше 10"],
] as const)("too many pieces, in %s: said at the field, the count stays", async (lang, words) => {
  const page = await open({ route: "/pay/88", lang });
  await byId(page, "pay-pieces").fill("99");
  await page.getByText(words, { exact: false }).waitFor();
  await page.keyboard.press("Tab");
  expect(await byId(page, "pay-pieces").inputValue()).toBe("99");
  expect(await byId(page, "pay-from-balance").count()).toBe(0);
  await byId(page, "pay-pieces").fill("3");
  await byId(page, "pay-from-balance").waitFor();
});

test.each([
  ["en", "The balance is too small"],
  ["ru", "На балансе не хватает"],
] as const)("too little balance, in %s: said, and the way with fiat is open", async (lang, words) => {
  const page = await open({ route: "/pay/88", scenario: "poor", lang });
  await page.getByText(words, { exact: false }).waitFor();
  expect(await byId(page, "pay-from-balance").count()).toBe(0);
  await byId(page, "fiat-country").waitFor();
});

test("the best advertisement opens a deal", async () => {
  const page = await open({ route: "/pay/88", scenario: "still" });
  await byId(page, "pay-pieces").fill("2");
  await chooseGermany(page);
  const rows = byId(page, "ad-row");
  await rows.first().waitFor();
  const totals = await byId(page, "ad-total").allTextContents();
  const figures = totals.map((text) => Number(text.replace(/[^\d.]/g, "")));
  expect(figures).toEqual([...figures].sort((a, b) => a - b));
  expect(await rows.first().textContent()).toContain("Only from your own account");
  await byId(page, "pay-by-ad").click();
  const dialog = byId(page, "pay-dialog");
  expect(await dialog.textContent()).toContain("132.48");
  expect(await dialog.textContent()).toContain("north-trader");
  await byId(page, "pay-confirm").click();
  await byId(page, "deal-turn").waitFor();
  expect(page.url()).toMatch(/#\/deals\/\d+$/);
});

test("another advertisement can be chosen, with its own terms", async () => {
  const page = await open({ route: "/pay/88", scenario: "still" });
  await chooseGermany(page);
  await byId(page, "ad-pick").first().click();
  await byId(page, "pay-by-ad").click();
  expect(await byId(page, "pay-dialog").textContent()).toContain("kaufmann");
});

test("whatever is cheapest is explained and bounded", async () => {
  const page = await open({ route: "/pay/88", scenario: "still" });
  await chooseGermany(page);
  const cheapest = byId(page, "pay-cheapest");
  await cheapest.focus();
  await page.keyboard.press("Enter");
  expect(await byId(page, "pay-confirm").count()).toBe(0);
  await cheapest.click();
  expect(await byId(page, "pay-dialog").textContent()).toContain("at most 66.24");
  await byId(page, "pay-confirm").click();
  await byId(page, "deal-turn").waitFor();
});

test.each([
  ["en", "Nobody sells bitcoin for this sum"],
  ["ru", "сейчас никто не продаёт"],
] as const)("no suitable advertisement, in %s: said, the choice stays", async (lang, words) => {
  // Five maps cost more than any trader there takes.
  const page = await open({ route: "/pay/51", lang });
  await byId(page, "pay-pieces").fill("5");
  await chooseGermany(page);
  await byId(page, "fiat-none").waitFor();
  expect(await byId(page, "fiat-none").textContent()).toContain(words);
  expect(await byId(page, "fiat-currency").inputValue()).toBe("EUR");
  expect(await byId(page, "fiat-country").inputValue()).not.toBe("");
});

test("the last choice is there the next time", async () => {
  const page = await open({ route: "/pay/88", scenario: "still" });
  await chooseGermany(page);
  await byId(page, "ad-row").first().waitFor();
  await find(page, "92");
  await byId(page, "fiat-currency").waitFor();
  await expect.poll(() => byId(page, "fiat-currency").inputValue()).toBe("EUR");
});

test("a price that moved between sight and click is refused, and both are shown", async () => {
  const page = await open({ route: "/pay/88", scenario: "priceMoves" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").click();
  const changed = byId(page, "pay-changed");
  await changed.waitFor();
  expect(await changed.textContent()).toContain("0.00120000 BTC");
  expect(await changed.textContent()).toContain("0.00121800 BTC");
  expect(await byId(page, "fault").getAttribute("data-code")).toBe("priceChanged");
  expect(await byId(page, "fault").textContent()).toContain("No money has moved");
  expect(await available(page)).toContain("0.48122010");
  await page.getByRole("button", { name: "Pay 0.00121800 BTC" }).waitFor();
});

test("a trader's price that moved is refused, and both are shown", async () => {
  const page = await open({ route: "/pay/92", scenario: "priceMoves" });
  await byId(page, "pay-pieces").fill("3");
  await chooseGermany(page);
  await byId(page, "pay-by-ad").click();
  await byId(page, "pay-confirm").click();
  await byId(page, "pay-changed").waitFor();
  expect(await byId(page, "fault").getAttribute("data-code")).toBe("priceChanged");
  expect(page.url()).toContain("#/pay/92");
});

test("a pending payment is shown instead of paying twice", async () => {
  const page = await open({ route: "/pay/88", scenario: "pendingDeal" });
  const pending = byId(page, "pay-pending");
  await pending.waitFor();
  expect(await byId(page, "pay-from-balance").count()).toBe(0);
  await byId(page, "pay-open-pending").click();
  expect(page.url()).toContain("#/payments/1210");
});

test("an older payment that comes back is not taken for the new one", async () => {
  const page = await open({ route: "/pay/88", scenario: "wasThere" });
  await chooseGermany(page);
  await byId(page, "pay-by-ad").click();
  await byId(page, "pay-confirm").click();
  await byId(page, "fault").waitFor();
  expect(await byId(page, "fault").getAttribute("data-code")).toBe("paymentPending");
  expect(page.url()).toContain("#/pay/88");
});

test("no answer: said calmly, found later, never paid twice meanwhile", async () => {
  const page = await open({ route: "/pay/88", scenario: "lostFound" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").click();
  const operation = byId(page, "operation");
  await operation.waitFor();
  expect(await operation.getAttribute("data-state")).toBe("unknown");
  expect(await operation.textContent()).toContain("Do not pay again");
  const at = page.url();
  await page.evaluate(() => (location.hash = "#/pay/88"));
  await byId(page, "pay-unknown").waitFor();
  expect(await byId(page, "pay-from-balance").count()).toBe(0);
  await page.goto(at);
  await page.locator("[data-testid=operation][data-state=done]").waitFor();
  await byId(page, "operation-payment").click();
  await page.locator("[data-testid=seal][data-state=verified]").first().waitFor();
});

test("no answer and proven absent: it can be paid again", async () => {
  const page = await open({ route: "/pay/88", scenario: "lostAbsent" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").click();
  await page.locator("[data-testid=operation][data-state=provenAbsent]").waitFor();
  await byId(page, "operation-pay-again").click();
  await byId(page, "pay-from-balance").waitFor();
  expect(await available(page)).toContain("0.48122010");
});

test("a stranger's text stays text", async () => {
  const page = await open({ route: "/pay/13" });
  const card = byId(page, "pay-invoice");
  await card.waitFor();
  expect(await card.locator("img, a[href^=http]").count()).toBe(0);
  expect(await card.textContent()).toContain("<img src=x");
  expect(await card.textContent()).toContain("RLO");
});

// Giving back: what is left, what it costs, one order at a time, paid or withdrawn; and the buyer's side of it.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

async function start(page: Page): Promise<void> {
  await byId(page, "refund-start").click();
  await byId(page, "refund-desk").waitFor();
}

async function make(page: Page, pieces: string): Promise<void> {
  await byId(page, "refund-pieces").fill(pieces);
  await expect.poll(() => byId(page, "refund-create").textContent()).toContain(pieces);
  await byId(page, "refund-create").and(page.locator(":enabled")).click();
  await byId(page, "refund-confirm").click();
}

const sums = (page: Page) => byId(page, "refund-sums").locator("b").allTextContents();

test("a partial refund: the parts add up, the button names the price, it is paid, and both sides are linked", async () => {
  const page = await open({ route: "/payments/1204" });
  await start(page);
  expect(await sums(page)).toEqual(["3", "0", "0", "3"]);
  await byId(page, "refund-pieces").fill("2");
  await expect.poll(() => byId(page, "refund-create").textContent()).toContain("Give back 2 pieces, about 0.00040920 BTC");
  expect(await byId(page, "refund-cost").textContent()).toContain("follows the rate");
  expect(await byId(page, "refund-then").locator("[data-sats]").getAttribute("data-sats")).toBe("40000");
  await byId(page, "refund-create").click();
  const dialog = byId(page, "refund-dialog");
  expect(await dialog.textContent()).toContain("client-9");
  expect(await dialog.textContent()).toContain("Nothing leaves your balance yet");
  await byId(page, "refund-confirm").click();
  await byId(page, "refund-open").waitFor();
  await expect.poll(() => sums(page)).toEqual(["3", "0", "2", "1"]);
  await byId(page, "refund-pay").click();
  await byId(page, "pay-refund").waitFor();
  expect(await byId(page, "pay-refund").textContent()).toContain("gives back 2 pieces to");
  await byId(page, "pay-from-balance").click();
  expect(await byId(page, "pay-dialog").textContent()).toContain("give back 2 pieces of payment 1204");
  await byId(page, "pay-confirm").click();
  await byId(page, "refund-of").waitFor();
  expect(await byId(page, "payment-detail").textContent()).toContain("Given back to");
  await byId(page, "refund-of").getByRole("link").click();
  await byId(page, "given-back-row").waitFor();
  await expect.poll(() => sums(page)).toEqual(["3", "2", "0", "1"]);
});

test("the order is one click of two, and a bare Enter does nothing", async () => {
  const page = await open({ route: "/payments/1204" });
  await start(page);
  await tabTo(page, byId(page, "refund-create"));
  await page.keyboard.press("Enter");
  expect(await byId(page, "refund-confirm").count()).toBe(0);
  await page.keyboard.press("Space");
  await byId(page, "refund-confirm").waitFor();
  await tabTo(page, byId(page, "refund-confirm"));
  await page.keyboard.press("Enter");
  expect(await byId(page, "refund-open").count()).toBe(0);
  await page.keyboard.press("Escape");
  await byId(page, "refund-confirm").waitFor({ state: "detached" });
});

test("more than is left cannot be asked for", async () => {
  const page = await open({ route: "/payments/1204" });
  await start(page);
  await byId(page, "refund-pieces").fill("4");
  await page.locator("[aria-invalid=true]").waitFor();
  expect(await byId(page, "refund-create").isDisabled()).toBe(true);
});

test("an open refund can be withdrawn in two steps, and its pieces can be given back again", async () => {
  const page = await open({ route: "/payments/1171", scenario: "refundOpen" });
  await byId(page, "refund-withdraw").click();
  await byId(page, "refund-withdraw-confirm").click();
  await byId(page, "refund-open").waitFor({ state: "detached" });
  await expect.poll(() => sums(page)).toEqual(["2", "0", "0", "2"]);
  await byId(page, "refund-desk").waitFor();
});

test("a refund the marketplace made twice is said to be double, and one is withdrawn", async () => {
  const page = await open({ route: "/payments/1204", scenario: "refundTwice" });
  await start(page);
  await make(page, "1");
  await byId(page, "refund-doubles").waitFor();
  expect(await byId(page, "refund-open").count()).toBe(2);
  const double = byId(page, "refund-open").filter({ hasText: "made again" });
  await double.getByTestId("refund-withdraw").click();
  await page.locator("dialog[open] [data-testid=refund-withdraw-confirm]").click();
  await byId(page, "refund-doubles").waitFor({ state: "detached" });
  expect(await byId(page, "refund-open").count()).toBe(1);
});

test("after silence the operation's screen is shown, nothing is sent twice, and the refund is found", async () => {
  const page = await open({ route: "/payments/1204", scenario: "lostFound" });
  await start(page);
  await make(page, "1");
  await page.locator("[data-testid=operation][data-state=done]").waitFor();
  expect(await byId(page, "operation").textContent()).toContain("Making a refund");
  await byId(page, "operation-payment").click();
  await byId(page, "refund-open").waitFor();
  expect(await byId(page, "refund-open").count()).toBe(1);
});

test("at a marketplace that would take several times the sum, balance is closed and both ways out are said", async () => {
  const page = await open({ route: "/payments/1171", scenario: "refundCostly" });
  await byId(page, "refund-pay").click();
  const closed = byId(page, "pay-refund-worst");
  await closed.waitFor();
  expect(await closed.textContent()).toContain("0.00081840 BTC");
  expect(await closed.textContent()).toContain("instead of 0.00040920 BTC");
  expect(await byId(page, "pay-from-balance").count()).toBe(0);
  await byId(page, "fiat-country").waitFor();
  await byId(page, "pay-refund-back").click();
  await byId(page, "refund-open").waitFor();
});

test("where nothing can be given back it is said why", async () => {
  const page = await open({ route: "/payments/1195" });
  await byId(page, "refund-why").waitFor();
  expect(await byId(page, "refund-why").getAttribute("data-code")).toBe("refundToAnonymous");
  expect(await byId(page, "refund-start").count()).toBe(0);
  // A purchase of one's own has no such section at all.
  await page.goto(page.url().replace(/#.*/, "#/payments/1207"));
  await page.locator("[data-testid=payment-detail][data-id='1207']").waitFor();
  expect(await byId(page, "refund-section").count()).toBe(0);
});

test("the buyer sees what came back, what is on its way, and the refund marked in the list", async () => {
  const page = await open({ route: "/payments/1190", scenario: "givenBack" });
  await byId(page, "given-back-row").waitFor();
  expect(await byId(page, "being-given-back").textContent()).toContain("1 piece is being given back");
  const row = page.locator("[data-testid=payment-row][data-id='1206']");
  expect(await row.textContent()).toContain("refund");
  await byId(page, "given-back-row").getByRole("link").click();
  await byId(page, "refund-of").getByRole("link").waitFor();
  expect(await byId(page, "payment-detail").textContent()).toContain("Given back by");
});

test("a doubled purchase is written to the seller: the text is in the draft, and nothing is sent", async () => {
  const page = await open({ route: "/payments/1207", scenario: "twice" });
  await byId(page, "twice-refund").click();
  await byId(page, "ask-refund-write").click();
  await expect.poll(() => page.url()).toContain("#/talks/");
  await expect.poll(() => page.locator("textarea").first().inputValue()).toContain("refund on payment");
});

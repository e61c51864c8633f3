// Saying how it went: once, in two steps, seen beforehand as it will stand; and what others say of a person.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { byId, open, sizes, tabTo, useBrowser } from "./window";

useBrowser();

async function begin(page: Page): Promise<void> {
  await byId(page, "feedback-give").click();
  await byId(page, "feedback-text").waitFor();
}

test("feedback is given in two steps, and then both sides' words stand beside each other", async () => {
  const page = await open({ route: "/payments/1207" });
  await begin(page);
  expect(await byId(page, "feedback-next").isDisabled()).toBe(true);
  await byId(page, "feedback-good").check({ force: true });
  await byId(page, "feedback-text").fill("Fresh, and on time.");
  const dialog = byId(page, "feedback-dialog");
  expect(await dialog.getByTestId("feedback-mine").textContent()).toContain("Fresh, and on time.");
  await byId(page, "feedback-next").click();
  expect(await dialog.textContent()).toContain("nobody can change or withdraw it");
  expect(await dialog.getByTestId("feedback-theirs").textContent()).toContain("Quick and polite.");
  await byId(page, "feedback-confirm").click();
  await byId(page, "feedback-give").waitFor({ state: "detached" });
  const mine = byId(page, "feedback").getByTestId("feedback-mine");
  expect(await mine.getAttribute("data-positive")).toBe("true");
  expect(await mine.textContent()).toContain("Fresh, and on time.");
});

test("the last step starts on the way back, and a bare Enter does not give it", async () => {
  const page = await open({ route: "/payments/1207" });
  await begin(page);
  await byId(page, "feedback-bad").check({ force: true });
  await byId(page, "feedback-next").click();
  const back = byId(page, "feedback-back");
  await expect.poll(() => back.evaluate((button) => button === document.activeElement)).toBe(true);
  await tabTo(page, byId(page, "feedback-confirm"));
  await page.keyboard.press("Enter");
  expect(await byId(page, "feedback-confirm").isVisible()).toBe(true);
  await page.keyboard.press("Control+Enter");
  await byId(page, "feedback-give").waitFor({ state: "detached" });
  expect(await byId(page, "feedback").getByTestId("feedback-mine").getAttribute("data-positive")).toBe("false");
});

test("the counter counts as the marketplace does, and what is too long cannot go on", async () => {
  const page = await open({ route: "/payments/1207" });
  await begin(page);
  await byId(page, "feedback-good").check({ force: true });
  // One character to the eye, two to the marketplace.
  await byId(page, "feedback-text").fill("😀".repeat(250));
  expect(await byId(page, "feedback-count").textContent()).toContain("500 of 500");
  expect(await byId(page, "feedback-next").isEnabled()).toBe(true);
  await byId(page, "feedback-text").fill("😀".repeat(250) + "!");
  await page.locator("[aria-invalid=true]").waitFor();
  expect(await byId(page, "feedback-next").isDisabled()).toBe(true);
});

test("what was typed is there after the dialog was closed and the app was started again", async () => {
  const page = await open({ route: "/payments/1207" });
  await begin(page);
  await byId(page, "feedback-text").fill("Not sure yet what to say");
  await page.keyboard.press("Escape");
  await byId(page, "feedback-text").waitFor({ state: "detached" });
  await page.reload();
  await begin(page);
  await expect.poll(() => byId(page, "feedback-text").inputValue()).toBe("Not sure yet what to say");
});

test("after silence the operation's own screen says what is known, and it is found", async () => {
  const page = await open({ route: "/payments/1207", scenario: "lostFound" });
  await begin(page);
  await byId(page, "feedback-good").check({ force: true });
  await byId(page, "feedback-next").click();
  await byId(page, "feedback-confirm").click();
  await byId(page, "operation").waitFor();
  expect(await byId(page, "operation").textContent()).toContain("Feedback on a payment");
  await page.locator("[data-testid=operation][data-state=done]").waitFor();
  await byId(page, "operation-payment").click();
  await byId(page, "feedback").getByTestId("feedback-mine").waitFor();
  expect(await byId(page, "feedback-give").count()).toBe(0);
});

test("the seller says it of the buyer, and a trader of a finished deal", async () => {
  const page = await open({ route: "/payments/1204" });
  await begin(page);
  expect(await byId(page, "feedback-dialog").textContent()).toContain("client-9");
  await page.keyboard.press("Escape");
  const deals = await open({ route: "/deals", scenario: "dealCompleted" });
  await byId(deals, "deal-row").first().click();
  await begin(deals);
  await byId(deals, "feedback-good").check({ force: true });
  await byId(deals, "feedback-next").click();
  await byId(deals, "feedback-confirm").click();
  await byId(deals, "feedback").getByTestId("feedback-mine").waitFor();
});

test("a refund payment and a canceled one take no feedback", async () => {
  const page = await open({ route: "/payments/1206", scenario: "givenBack" });
  await byId(page, "refund-of").waitFor();
  expect(await byId(page, "feedback-give").count()).toBe(0);
  await page.goto(page.url().replace(/#.*/, "#/payments/1188"));
  await page.locator("[data-testid=payment-detail][data-id='1188']").waitFor();
  expect(await byId(page, "feedback-give").count()).toBe(0);
});

test("a person's figures open by keyboard, say what they mean, and lead to what others say", async () => {
  const page = await open({ route: "/payments/1207" });
  const who = byId(page, "payment-detail").getByTestId("person").first();
  await who.focus();
  await page.keyboard.press("Enter");
  const card = byId(page, "person-card");
  await card.waitFor();
  expect(await card.textContent()).toContain("97 % good · 41 payments received");
  expect(await card.textContent()).toContain("Rounded down");
  await byId(page, "person-read").click();
  await byId(page, "person-page").waitFor();
  await byId(page, "others-item").first().waitFor();
  const before = await byId(page, "others-item").count();
  await byId(page, "others-more").click();
  await expect.poll(() => byId(page, "others-item").count()).toBeGreaterThan(before);
});

test("resting on a name shows the figures, and takes the focus from nobody", async () => {
  const page = await open({ route: "/payments/1207" });
  await byId(page, "payment-row").first().waitFor();
  await byId(page, "payments-search").focus();
  await byId(page, "payment-detail").getByTestId("person").first().hover();
  await byId(page, "person-card").waitFor();
  expect(await byId(page, "payments-search").evaluate((field) => field === document.activeElement)).toBe(true);
  await page.mouse.move(4, 4);
  await byId(page, "person-card").waitFor({ state: "detached" });
});

test("who has no feedback yet is said to have none, never 0 %", async () => {
  const page = await open({ route: "/payments/1195" });
  const standing = byId(page, "payment-detail").getByTestId("standing").nth(1);
  await standing.waitFor();
  expect(await standing.textContent()).toContain("nobody has said anything yet");
  expect(await standing.textContent()).not.toContain("%");
  await byId(page, "payment-detail").getByTestId("person").nth(1).click();
  await byId(page, "person-read").click();
  await byId(page, "others-none").waitFor();
});

test("text of strangers on a person's page stays text", async () => {
  const page = await open({ route: "/payments/1180", size: sizes.least });
  await byId(page, "payment-detail").getByTestId("person").first().click();
  await byId(page, "person-read").click();
  await byId(page, "others-item").nth(1).waitFor();
  const hostile = byId(page, "others-item").nth(1);
  expect(await hostile.locator(".mark").allTextContents()).toContain("RLO");
  expect(await byId(page, "person-page").locator("img, a[href^=http]").count()).toBe(0);
});

test("from a person one comes to the payments with them", async () => {
  const page = await open({ route: "/payments/1207" });
  await byId(page, "payment-detail").getByTestId("person").first().click();
  await byId(page, "person-read").click();
  await byId(page, "person-payments").click();
  await byId(page, "payment-row").first().waitFor();
  expect(await byId(page, "payments-search").inputValue()).toBe("shop-1");
  await expect.poll(async () => (await byId(page, "payment-row").allTextContents()).every((one) => one.includes("shop-1"))).toBe(true);
});

// The journal of operations: what was asked, what was checked, how it ended; and closing the window meanwhile.
import { expect, test } from "vitest";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

test("the journal is read to its end, each operation once, and walked with the keys", async () => {
  const page = await open({ route: "/operations", scenario: "manyOperations" });
  const rows = byId(page, "operation-row");
  await rows.first().waitFor();
  const list = byId(page, "operations-list");
  await expect.poll(() => rows.first().getAttribute("aria-setsize")).toBe("50");
  await list.focus();
  for (const count of ["100", "130"]) {
    await page.keyboard.press("End");
    await expect.poll(() => rows.first().getAttribute("aria-setsize")).toBe(count);
  }
  await page.keyboard.press("End");
  await expect.poll(() => page.url()).toContain("#/operations/op-old-124");
  await page.keyboard.press("Home");
  await expect.poll(() => byId(page, "operation").getAttribute("data-id")).toBe("op-71");
  const ids = await rows.evaluateAll((all) => all.map((one) => one.getAttribute("data-id")));
  expect(new Set(ids).size).toBe(ids.length);
});

test("what is not settled can be seen alone", async () => {
  const page = await open({ route: "/operations", scenario: "unknownOutcome" });
  await expect.poll(() => byId(page, "operation-row").count()).toBeGreaterThan(3);
  await page.getByText("Not settled", { exact: true }).click();
  await expect.poll(() => byId(page, "operation-row").count()).toBe(1);
  await byId(page, "operation-row").click();
  expect(await byId(page, "operation").getAttribute("data-state")).toBe("unknown");
  await byId(page, "unknown-banner").waitFor({ state: "detached" });
});

test("an unknown outcome says what was checked, with the evidence, and offers nothing that pays", async () => {
  const page = await open({ route: "/operations/op-1", scenario: "unknownOutcome" });
  const operation = byId(page, "operation");
  await operation.waitFor();
  const said = (await operation.textContent()) ?? "";
  for (const words of [
    "0.00240000 BTC for",
    "Do not pay again",
    "Written down before anything was sent",
    "no newer payment than 1206; balance unchanged; too early to count",
    "late enough to count",
    "If it lasts",
  ]) {
    expect(said).toContain(words);
  }
  expect(await byId(page, "operation-balance").textContent()).toContain("0.48362010");
  expect(await byId(page, "operation-mark").textContent()).toBe("1206");
  expect(await byId(page, "operation-pay-again").count()).toBe(0);
  expect(await byId(page, "operation-payment").count()).toBe(0);
  await byId(page, "operation-evidence").click();
  await byId(page, "said").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain("Kvit, operation op-1");
  expect(copied).toContain("0.00240000 BTC");
  expect(copied).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}Written down before anything was sent$/m);
  expect(copied).toContain("no newer payment than 1206; balance unchanged");
});

test("equal looks are one line that says how many and until when", async () => {
  const page = await open({ route: "/operations/op-1", scenario: "needsPerson" });
  const step = byId(page, "operation-step").filter({ hasText: "Looked 38 times" });
  await step.waitFor();
  expect(await step.locator(".when").textContent()).toMatch(/^\d\d:\d\d:\d\d– \d\d:\d\d:\d\d$/);
  expect(await byId(page, "operation-step").count()).toBe(7);
});

test("the screen follows the outcome without being touched", async () => {
  const page = await open({ route: "/pay/88", scenario: "lostFound" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").click();
  await page.locator("[data-testid=operation][data-state=unknown]").waitFor();
  expect(page.url()).toContain("#/operations/");
  await page.locator("[data-testid=operation][data-state=done]").waitFor();
  expect(await byId(page, "operation").textContent()).toContain("Kvit looked and found that it went through");
  await byId(page, "operation-row").first().locator("text=done").waitFor();
});

test("paid twice: both payments, and a letter that names them", async () => {
  const page = await open({ route: "/operations/op-77", scenario: "paidTwice" });
  const doubles = byId(page, "operation-doubles");
  await doubles.waitFor();
  await page.getByRole("heading", { name: "This was paid twice" }).waitFor();
  await byId(page, "operation-refund").click();
  const text = await byId(page, "ask-refund-text").inputValue();
  for (const words of ["invoice 88", "payments 1206 and 1207", "0.00240000 BTC", "refund on payment 1207"]) expect(text).toContain(words);
  await byId(page, "ask-refund-text").fill(`${text} Greetings.`);
  await byId(page, "ask-refund-copy").click();
  await byId(page, "said").waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${text} Greetings.`);
  await doubles.getByRole("link", { name: "payment 1207" }).click();
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe("1207");
});

test("another sum than agreed stands beside the agreed one", async () => {
  const page = await open({ route: "/operations/op-78", scenario: "operationDiffers" });
  const said = await byId(page, "difference").textContent();
  for (const sum of ["0.00240000", "0.00243600", "144.00", "146.16"]) expect(said).toContain(sum);
});

test("hidden amounts are hidden in the journal, and the evidence waits", async () => {
  const page = await open({ route: "/operations/op-1", scenario: "unknownOutcome" });
  await byId(page, "operation").waitFor();
  await page.keyboard.press("Control+Shift+KeyH");
  await expect.poll(() => page.locator("[data-sats]").count()).toBe(0);
  const text = await page.locator("body").textContent();
  expect(text).not.toContain("0.0024");
  expect(text).not.toContain("0.4836");
  expect(await byId(page, "operation-evidence").count()).toBe(0);
});

test("closing the window with an operation on its way asks first; Enter stays", async () => {
  const page = await open({ route: "/payments", scenario: "operationDeals" });
  await byId(page, "payment-row").first().waitFor();
  const close = (): Promise<unknown> => page.evaluate(() => window.dispatchEvent(new Event("made-up-close")));
  await close();
  const dialog = byId(page, "closing");
  await byId(page, "closing-quit").waitFor();
  expect(await dialog.textContent()).toContain("2 operations have no outcome yet");
  expect(await dialog.textContent()).toContain("north-trader");
  expect(await dialog.textContent()).toContain("do not pay the same again");
  // The safe way has the focus.
  await page.keyboard.press("Enter");
  await byId(page, "closing-quit").waitFor({ state: "detached" });
  expect(await page.locator("html").getAttribute("data-ended")).toBeNull();
  await close();
  await tabTo(page, byId(page, "closing-quit"));
  await page.keyboard.press("Space");
  await expect.poll(() => page.locator("html").getAttribute("data-ended")).toBe("yes");
});

test("the palette leads to the journal and to checking a receipt", async () => {
  const page = await open({ route: "/payments" });
  await byId(page, "payment-row").first().waitFor();
  for (const [typed, path] of [["operat", "#/operations"], ["check a rec", "#/check"]] as const) {
    await page.keyboard.press("Control+KeyK");
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain(path);
  }
});

test("a narrow window shows the operation over the journal, with a way back", async () => {
  const page = await open({ route: "/operations", size: { width: 720, height: 560 } });
  await byId(page, "operation-row").first().click();
  await byId(page, "operation").waitFor();
  await byId(page, "detail-back").click();
  expect(page.url()).toMatch(/#\/operations$/);
  await byId(page, "operation-row").first().waitFor();
});

test("how it ended is told once, wherever one is meanwhile", async () => {
  const page = await open({ route: "/pay/88", scenario: "lostFound" });
  await byId(page, "pay-from-balance").click();
  await byId(page, "pay-confirm").click();
  await page.locator("[data-testid=operation][data-state=unknown]").waitFor();
  await page.keyboard.press("Control+Digit6");
  await byId(page, "said").filter({ hasText: "it went through" }).waitFor();
  expect(await byId(page, "said").textContent()).toContain("Payment from balance, \u2068shop-1\u2069: it went through.");
  await byId(page, "unknown-banner").waitFor({ state: "detached" });
});

test("nothing is sent for an account that is no longer the one this page was drawn for", async () => {
  const page = await open({ route: "/pay/88", scenario: "twoAccounts" });
  await byId(page, "pay-from-balance").click();
  await page.evaluate(() => window.dispatchEvent(new Event("made-up-switch")));
  await byId(page, "pay-confirm").click();
  const fault = page.locator("[data-testid=fault][data-code=accountChanged]");
  await fault.waitFor();
  expect(await fault.textContent()).toContain("No money has moved.");
  expect(await byId(page, "money-available").textContent()).toContain("0.48122010");
});

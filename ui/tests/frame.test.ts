// The frame: sections, palette, shortcuts, accounts, settings, receipts, alarms on every screen.
import { expect, test } from "vitest";
import { byId, open, useBrowser } from "./window";

useBrowser();

test("every section has its key, and the palette goes anywhere by number", async () => {
  const page = await open({ route: "/payments" });
  await byId(page, "payment-row").first().waitFor();
  for (const [key, path] of [["2", "pay"], ["3", "deals"], ["4", "talks"], ["5", "receipts"], ["6", "settings"], ["1", "payments"]] as const) {
    await page.keyboard.press(`Control+Digit${key}`);
    await expect.poll(() => page.url()).toContain(`#/${path}`);
    expect(await byId(page, `rail-${path}`).getAttribute("aria-current")).toBe("page");
  }
  await page.keyboard.press("Control+KeyK");
  await page.keyboard.type("1207");
  await page.keyboard.press("Enter");
  await expect.poll(() => byId(page, "payment-detail").getAttribute("data-id")).toBe("1207");
  await page.keyboard.press("Control+KeyK");
  await page.keyboard.type("51");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain("#/pay/51");
});

test("the sheet of shortcuts opens with ? and not while one types", async () => {
  const page = await open({ route: "/payments" });
  await byId(page, "payments-search").fill("");
  await page.keyboard.type("?");
  expect(await byId(page, "shortcuts").isVisible()).toBe(false);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await byId(page, "shortcuts").waitFor();
  await page.keyboard.press("Escape");
  await byId(page, "shortcuts").waitFor({ state: "hidden" });
});

test("hidden amounts are hidden everywhere, for the ear too", async () => {
  const page = await open({ route: "/payments/1207" });
  await byId(page, "payment-amount").waitFor();
  await page.keyboard.press("Control+Shift+KeyH");
  await expect.poll(() => page.locator("[data-sats]").count()).toBe(0);
  const text = await page.locator("body").textContent();
  expect(text).not.toContain("0.0024");
  expect(text).not.toContain("144.00");
});

test("language, colours and unit change at once and the unit loses nothing", async () => {
  const page = await open({ route: "/settings" });
  await page.getByText("Satoshi", { exact: true }).click();
  await expect.poll(() => byId(page, "money-available").textContent()).toContain("48122010");
  await page.getByText("Ink", { exact: true }).click();
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  await page.getByText("Русский", { exact: true }).click();
  await page.getByRole("heading", { name: "Настройки" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("ru");
});

test("an account is switched from the rail and removed in two steps", async () => {
  const page = await open({ route: "/settings", scenario: "twoAccounts" });
  const cards = byId(page, "account-card");
  await expect.poll(() => cards.count()).toBe(2);
  await byId(page, "account-menu").click();
  await page.getByRole("menuitem").nth(1).click();
  await page.getByText("market.example").first().waitFor();
  await page.keyboard.press("Control+Digit6");
  await cards.nth(1).getByTestId("account-remove").click();
  await page.locator("dialog[open]").getByRole("button", { name: "Cancel" }).click();
  expect(await cards.count()).toBe(2);
  await cards.nth(1).getByTestId("account-remove").click();
  await page.locator("dialog[open]").getByTestId("account-remove-confirm").click();
  await expect.poll(() => cards.count()).toBe(1);
});

test("each state of the keychain has its own words", async () => {
  const seen = new Set<string>();
  for (const scenario of ["keychainMissing", "keychainLocked", "keychainDenied", "keychainBroken", "keychainUnasked", "usual"] as const) {
    const page = await open({ route: "/settings", scenario });
    seen.add((await byId(page, "keychain").locator("[role=status]").textContent()) ?? "");
  }
  expect(seen.size).toBe(6);
});

test("money whose whereabouts are not known is said on every screen", async () => {
  const page = await open({ route: "/payments", scenario: "unknownOutcome" });
  for (const path of ["payments", "pay", "deals", "receipts", "settings"]) {
    await page.evaluate((to) => (location.hash = `#/${to}`), path);
    await byId(page, "unknown-banner").waitFor();
    expect(await byId(page, "unknown-banner").textContent()).toContain("Do not pay again");
  }
  await byId(page, "unknown-look").click();
  await expect.poll(() => page.url()).toContain("#/operations/");
});

test("a receipt is checked without an account; a changed text loses its verdict", async () => {
  const page = await open({ route: "/check", scenario: "usual" });
  await byId(page, "receipt-open").click();
  await page.locator("[data-testid=receipt-verdict] [data-state=verified]").waitFor();
  expect(await byId(page, "seal-field").count()).toBe(8);
  await byId(page, "receipt-text").press("Control+Home");
  await page.keyboard.type("x");
  expect(await byId(page, "receipt-verdict").count()).toBe(0);
  await page.keyboard.press("Control+Enter");
  await byId(page, "receipt-verdict").waitFor();
  expect(await page.locator("[data-testid=receipt-verdict] [data-state=verified]").count()).toBe(0);

  const alone = await open({ route: "/receipts", scenario: "firstRun" });
  await byId(alone, "receipt-text").fill("no block at all");
  await byId(alone, "receipt-check").click();
  await alone.locator("[data-testid=receipt-verdict] [data-state=forged]").waitFor();
});

test("the account menu keeps the focus and opens though it was pressed before it was there", async () => {
  for (const press of [false, true]) {
    const page = await open({ route: "/settings", scenario: "twoAccounts" });
    await page.route("**/MenuOpen-*.js", async (route) => {
      await released;
      await route.continue();
    });
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.goto(page.url().replace(/#.*/, "#/payments"));
    await page.reload();
    const menu = byId(page, "account-menu");
    await menu.focus();
    if (press) await menu.click();
    release();
    await page.locator("[data-testid=account-menu][data-state]").waitFor();
    if (press) await byId(page, "account-add").waitFor();
    else expect(await menu.evaluate((button) => button === document.activeElement)).toBe(true);
  }
});

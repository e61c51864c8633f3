// An account's data: locked, taken, damaged, from the future, without its key; and where it is kept in the first place.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import type { ScenarioName } from "../src/ipc/fake/scenarios";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

const passphrase = "tent lamp river coin";

test("a locked account opens with its passphrase and no other", async () => {
  const page = await open({ route: "/payments", scenario: "storeLocked" });
  const field = byId(page, "store-passphrase");
  await field.waitFor();
  // It is the only thing to do here: one types at once.
  await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(await field.getAttribute("type")).toBe("password");
  await page.keyboard.press("Enter");
  await page.getByText("Enter the passphrase.", { exact: true }).waitFor();
  await page.keyboard.type("not the passphrase");
  await page.keyboard.press("Enter");
  await page.getByText("This is not the passphrase", { exact: false }).waitFor();
  await expect.poll(() => field.evaluate((one) => one === document.activeElement)).toBe(true);
  // The wrong one is chosen: typing replaces it.
  await page.keyboard.type(passphrase);
  await page.keyboard.press("Enter");
  await byId(page, "payment-row").first().waitFor();
  expect(await page.content()).not.toContain(passphrase);
});

test("making the key from a passphrase is said while it lasts, and asked once", async () => {
  const page = await open({ route: "/payments", scenario: "storeDeriving" });
  await byId(page, "store-passphrase").fill(passphrase);
  await byId(page, "store-unlock").click();
  await page.locator("[data-testid=store-unlock][aria-busy=true]").waitFor();
  await page.getByText("This takes a few seconds on purpose", { exact: false }).waitFor();
});

test("each trouble has its own screen, and its own way out", async () => {
  const ways: [ScenarioName, string, string, boolean, boolean][] = [
    ["storeTaken", "taken", "Another Kvit has this account open", true, false],
    ["storeDamaged", "damaged", "The data file of this account is damaged", true, true],
    ["storeNewer", "newer", "A newer Kvit wrote this data file", false, false],
    ["storeKeyGone", "keyGone", "The key to this account's data is gone", true, true],
    ["storeUnwritable", "unwritable", "Nothing can be written down", true, false],
    ["storeKeychain", "keychain", "The keychain does not hand out the key", true, false],
  ];
  for (const [scenario, why, title, again, aside] of ways) {
    const page = await open({ route: "/payments/1207", scenario });
    const gate = byId(page, "store-gate");
    await gate.waitFor();
    expect(await gate.getAttribute("data-why")).toBe(why);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    expect(await byId(page, "store-again").count()).toBe(again ? 1 : 0);
    expect(await byId(page, "store-aside").count()).toBe(aside ? 1 : 0);
    // Nothing of the account is to be seen.
    expect(await byId(page, "payment-detail").count()).toBe(0);
    expect(await byId(page, "money-available").count()).toBe(0);
    // What needs none of its data can be reached.
    await page.keyboard.press("Control+Digit6");
    await byId(page, "account-card").first().waitFor();
  }
});

test("the other Kvit is closed, and trying again opens the account", async () => {
  const page = await open({ route: "/payments", scenario: "storeTaken" });
  await byId(page, "store-again").click();
  await byId(page, "payment-row").first().waitFor();
});

test("a disk that stays full keeps the gate shut", async () => {
  const page = await open({ route: "/payments", scenario: "storeUnwritable" });
  await byId(page, "store-again").click();
  await expect.poll(() => byId(page, "store-again").getAttribute("aria-busy")).toBeNull();
  await byId(page, "store-gate").waitFor();
  await byId(page, "store-again").click();
  await byId(page, "payment-row").first().waitFor();
});

test("a damaged file is set aside in two steps that say what is lost, and is named afterwards", async () => {
  const page = await open({ route: "/payments", scenario: "storeDamaged" });
  await byId(page, "store-aside").click();
  const dialog = byId(page, "store-aside-dialog");
  const said = (await dialog.textContent()) ?? "";
  for (const words of ["archive of receipts", "journal of operations", "drafts", "under another name"]) expect(said).toContain(words);
  // The way back has the focus.
  await page.keyboard.press("Enter");
  await byId(page, "store-aside-confirm").waitFor({ state: "detached" });
  await byId(page, "store-gate").waitFor();
  await byId(page, "store-aside").click();
  await tabTo(page, byId(page, "store-aside-confirm"));
  await page.keyboard.press("Enter");
  await byId(page, "payment-row").first().waitFor();
  await page.keyboard.press("Control+Digit6");
  await page.getByText("store.damaged-1.db", { exact: false }).first().waitFor();
});

test("from every shut account one can go over to another", async () => {
  for (const scenario of ["storeLocked", "storeTaken", "storeDamaged"] as const) {
    const page = await open({ route: "/payments", scenario });
    await byId(page, "store-gate").waitFor();
    await byId(page, "account-menu").click();
    await page.getByRole("menuitem").nth(1).click();
    await byId(page, "payment-row").first().waitFor();
    expect(await byId(page, "store-gate").count()).toBe(0);
  }
});

test("an account that is being opened says so", async () => {
  const page = await open({ route: "/payments", scenario: "storeOpening" });
  await byId(page, "store-gate").waitFor({ state: "attached" });
  await page.getByText("Opening the data of this account", { exact: false }).waitFor();
});

test("what was taken away or replaced while Kvit was closed is said on every screen", async () => {
  for (const [scenario, words] of [["storeLogGone", "A part of the data file was taken away"], ["storeOlderCopy", "An older copy"]] as const) {
    const page = await open({ route: "/pay/88", scenario });
    await byId(page, "doubt-banner").waitFor();
    expect(await byId(page, "doubt-banner").textContent()).toContain(words);
    await page.evaluate(() => (location.hash = "#/deals"));
    await byId(page, "doubt-banner").waitFor();
  }
});

async function fill(page: Page): Promise<void> {
  await byId(page, "connect-address").fill("market.example");
  await byId(page, "connect-token").fill("a1".repeat(32));
  await byId(page, "connect-keep-session").check();
}

test("a passphrase is long enough, typed twice the same, and gone from the form afterwards", async () => {
  const page = await open({ route: "/connect", scenario: "keychainMissing" });
  await fill(page);
  const field = byId(page, "connect-passphrase");
  const again = byId(page, "connect-passphrase-again");
  const strength = byId(page, "connect-strength");
  await field.fill("tent");
  expect(await strength.textContent()).toBe("6 more characters are needed.");
  await field.fill("1234567890");
  expect(await strength.textContent()).toContain("quickly guessed");
  await field.fill(passphrase);
  expect(await strength.textContent()).toContain("Long enough");
  await again.fill("tent lamp river moon");
  await page.getByText("The two are not the same.").waitFor();
  await byId(page, "connect-submit").click();
  await expect.poll(() => again.evaluate((one) => one === document.activeElement)).toBe(true);
  expect(page.url()).toContain("#/connect");
  await field.fill("short");
  await again.fill("short");
  await byId(page, "connect-submit").click();
  await page.getByText("at least 10 characters", { exact: false }).first().waitFor();
  await field.fill(passphrase);
  await again.fill(passphrase);
  await byId(page, "connect-submit").click();
  await byId(page, "payment-row").first().waitFor();
  await page.keyboard.press("Control+Digit6");
  await expect.poll(() => byId(page, "account-store").first().textContent()).toContain("your passphrase");
  await byId(page, "settings-connect").click();
  await byId(page, "connect-keep-session").check();
  expect(await byId(page, "connect-passphrase").inputValue()).toBe("");
});

test("an account in memory says so once after connecting, and always in the settings", async () => {
  const page = await open({ route: "/connect", scenario: "keychainMissing" });
  await fill(page);
  await byId(page, "connect-store-memory").check();
  expect(await byId(page, "connect-passphrase").count()).toBe(0);
  await byId(page, "connect-submit").click();
  await byId(page, "memory-banner").waitFor();
  await byId(page, "memory-understood").click();
  await byId(page, "memory-banner").waitFor({ state: "detached" });
  await page.keyboard.press("Control+Digit6");
  await byId(page, "account-memory").waitFor();
});

test("with the keychain nothing more is asked", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await byId(page, "connect-address").waitFor();
  expect(await byId(page, "connect-store-passphrase").count()).toBe(0);
  await page.getByText("whose key is in the keychain too", { exact: false }).waitFor();
});

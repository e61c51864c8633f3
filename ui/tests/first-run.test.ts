// From the first start to an account: practising, connecting, and everything that can be wrong with what was typed.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

const token = "a1".repeat(32);
const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQGNBGXM\n-----END PGP PUBLIC KEY BLOCK-----";

async function fill(page: Page, address: string, typed = token): Promise<void> {
  await byId(page, "connect-address").fill(address);
  await byId(page, "connect-token").fill(typed);
}

async function said(page: Page): Promise<string> {
  await byId(page, "connect-submit").click();
  const error = page.locator(".error").first();
  await error.waitFor();
  return (await error.textContent()) ?? "";
}

test("practising takes one click and shows money", async () => {
  const page = await open({ route: "/", scenario: "firstRun" });
  await byId(page, "welcome-practise").click();
  await byId(page, "payment-row").first().waitFor();
  expect(await byId(page, "money-available").textContent()).toContain("0.48122010");
});

test("practising by keyboard alone", async () => {
  const page = await open({ route: "/", scenario: "firstRun" });
  const practise = byId(page, "welcome-practise");
  await practise.waitFor();
  await tabTo(page, practise);
  await page.keyboard.press("Enter");
  await byId(page, "payment-row").first().waitFor();
});

test("the language changes at once and by its own name", async () => {
  const page = await open({ route: "/welcome", scenario: "firstRun" });
  await page.getByText("Русский").click();
  await page.getByRole("button", { name: "Попробовать" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("ru");
});

test("a practice marketplace that does not start is said, and can be tried again", async () => {
  const page = await open({ route: "/welcome", scenario: "practiceFails" });
  await byId(page, "welcome-practise").click();
  const fault = byId(page, "fault");
  await fault.waitFor();
  expect(await fault.getAttribute("data-code")).toBe("practiceFailed");
  await byId(page, "fault-next").click();
  await fault.waitFor();
});

test("connecting with a compared key", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await fill(page, "market.example");
  await byId(page, "connect-key").fill(key);
  await byId(page, "connect-fingerprint").waitFor();
  await byId(page, "connect-groups").fill("10d8 e3f6");
  await byId(page, "connect-confirmed").waitFor();
  await byId(page, "connect-submit").click();
  await byId(page, "payment-row").first().waitFor();
  await page.goto(`${page.url().split("#")[0] ?? ""}#/settings`);
  await page.getByText("market.example").first().waitFor();
});

test("a key that was not compared is not pinned", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await fill(page, "market.example");
  await byId(page, "connect-key").fill(key);
  await byId(page, "connect-fingerprint").waitFor();
  expect(await said(page)).toContain("Compare the fingerprint");
  expect(await byId(page, "connect-key").inputValue()).toBe(key);
});

test("wrong groups outweigh the tick", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await fill(page, "market.example");
  await byId(page, "connect-key").fill(key);
  await byId(page, "connect-compared").check();
  await byId(page, "connect-confirmed").waitFor();
  await byId(page, "connect-groups").fill("0000 0000");
  await byId(page, "connect-confirmed").waitFor({ state: "detached" });
  await byId(page, "connect-submit").click();
  await page.locator("[aria-invalid=true]").waitFor();
  expect(page.url()).toContain("#/connect");
});

test("a secret key does not stay on screen", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await byId(page, "connect-key").fill(["-----BEGIN PGP", "PRIVATE KEY BLOCK-----"].join(" "));
  await page.getByText("This is a secret key.", { exact: false }).waitFor();
  expect(await byId(page, "connect-key").inputValue()).toBe("");
});

test("a self-signed server is connected only after its certificate was pinned", async () => {
  const page = await open({ route: "/connect", scenario: "firstRun" });
  await fill(page, "self.example");
  expect(await said(page)).toContain("Nobody this computer trusts");
  await byId(page, "connect-probe").click();
  await byId(page, "connect-pin").click();
  await byId(page, "connect-submit").click();
  await byId(page, "payment-row").first().waitFor();
});

const wrongs: { name: string; address: string; token?: string; proxy?: string; en: string; ru: string }[] = [
  { name: "wrong address", address: "https://a b/c", en: "not a server address", ru: "не адрес сервера" },
  { name: "unknown name", address: "nowhere.invalid", en: "No computer answers to the name", ru: "никому не принадлежит" },
  { name: "refused connection", address: "refused.example", en: "refuses the connection", ru: "отказывает в соединении" },
  { name: "far away", address: "far.example", en: "cannot be reached", ru: "не добраться" },
  { name: "silent", address: "slow.example", en: "not answered in time", ru: "не ответила вовремя" },
  { name: "another server", address: "web.example", en: "not a marketplace", ru: "не торговая площадка" },
  { name: "wrong certificate", address: "self.example", en: "vouches for the server's certificate", ru: "За сертификат сервера" },
  { name: "malformed token", address: "market.example", token: "abc", en: "not an API token", ru: "Это не токен" },
  { name: "expired token", address: "market.example", token: "0".repeat(64), en: "it has expired", ru: "он истёк" },
  { name: "token without rights", address: "market.example", token: "1".repeat(64), en: "no right to trade", ru: "без права торговать" },
  { name: "malformed proxy", address: "market.example", proxy: "tor", en: "host:port", ru: "имя:порт" },
  { name: "dead proxy", address: "market.example", proxy: "127.0.0.1:1", en: "does not let us through", ru: "не пропускает" },
];

test.each(wrongs.flatMap((wrong) => (["en", "ru"] as const).map((lang) => ({ ...wrong, lang }))))(
  "$name, in $lang: its own sentence at its field, and nothing typed is lost",
  async (wrong) => {
    const page = await open({ route: "/connect", scenario: "firstRun", lang: wrong.lang });
    await fill(page, wrong.address, wrong.token);
    await byId(page, "connect-proxy").fill(wrong.proxy ?? "");
    await byId(page, "connect-label").fill("Mine");
    expect(await said(page)).toContain(wrong[wrong.lang]);
    expect(await byId(page, "connect-address").inputValue()).toBe(wrong.address);
    expect(await byId(page, "connect-token").inputValue()).toBe(wrong.token ?? token);
    expect(await byId(page, "connect-proxy").inputValue()).toBe(wrong.proxy ?? "");
    expect(await byId(page, "connect-label").inputValue()).toBe("Mine");
    // The focus goes to what has to be put right.
    expect(await page.locator("[aria-invalid=true]").first().evaluate((one) => one === document.activeElement)).toBe(true);
    // A look elsewhere loses nothing either.
    await byId(page, "connect-back").click();
    await byId(page, "welcome-connect").click();
    expect(await byId(page, "connect-address").inputValue()).toBe(wrong.address);
  },
);

test.each([
  ["keychainMissing", "No keychain is running"],
  ["keychainLocked", "The keychain is locked"],
  ["keychainDenied", "refused access to the keychain"],
  ["keychainBroken", "does not know"],
] as const)("%s: told apart, and the session can be chosen instead", async (scenario, words) => {
  const page = await open({ route: "/connect", scenario });
  const told = byId(page, "connect-keychain");
  await told.waitFor();
  expect(await told.textContent()).toContain(words);
  await fill(page, "market.example");
  await byId(page, "connect-submit").click();
  await page.getByText("Something has to be put right", { exact: false }).waitFor();
  expect(await byId(page, "connect-token").inputValue()).toBe(token);
  await byId(page, "connect-keep-session").check();
  await byId(page, "connect-store-memory").check();
  await byId(page, "connect-submit").click();
  await byId(page, "payment-row").first().waitFor();
});

test("a rejected token is renewed without touching the account", async () => {
  const page = await open({ route: "/connect/real-1", scenario: "tokenRejected" });
  await page.getByText("A new token for market.example").waitFor();
  await byId(page, "connect-token").fill(token);
  await byId(page, "connect-submit").click();
  await byId(page, "payment-row").first().waitFor();
});

import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQGNBGXM\n-----END PGP PUBLIC KEY BLOCK-----";

async function fill(page: Page, address: string, token = "a".repeat(64)): Promise<void> {
  await page.getByTestId("connect-address").fill(address);
  await page.getByTestId("connect-token").fill(token);
}

async function submit(page: Page): Promise<void> {
  await page.getByTestId("connect-submit").click();
  await page.locator("[aria-invalid=true], [data-testid=fault], [data-testid=connect-keychain]").first().waitFor();
}

export const shots: Shot[] = [
  { name: "connect", route: "/connect", scenario: "firstRun", ready: "[data-testid=connect-address]" },
  {
    name: "connect-wrong-address",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "not an address");
      await submit(page);
    },
  },
  {
    name: "connect-certificate",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "self.example");
      await page.getByTestId("connect-probe").click();
      await page.getByTestId("connect-pin").waitFor();
    },
  },
  {
    name: "connect-token-rejected",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "market.example", "0".repeat(64));
      await submit(page);
    },
  },
  {
    name: "connect-key",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "market.example");
      await page.getByTestId("connect-key").fill(key);
      await page.getByTestId("connect-groups").fill("10D8 E3F6");
      await page.getByTestId("connect-confirmed").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "connect-key-wrong",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await page.getByTestId("connect-key").fill(`${key} historical`);
      await page.getByTestId("connect-groups").fill("0000 1111");
      await page.getByTestId("connect-compared").scrollIntoViewIfNeeded();
    },
  },
  ...(["Missing", "Locked", "Denied", "Broken"] as const).map(
    (state): Shot => ({
      name: `connect-keychain-${state.toLowerCase()}`,
      route: "/connect",
      scenario: `keychain${state}`,
      ready: "[data-testid=connect-keychain]",
      act: async (page) => {
        await page.getByTestId("connect-keychain").scrollIntoViewIfNeeded();
      },
    }),
  ),
  {
    name: "connect-passphrase",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "market.example");
      await page.getByTestId("connect-keep-session").check();
      await page.getByTestId("connect-passphrase").fill("tent lamp");
      await page.getByTestId("connect-passphrase-again").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "connect-passphrase-differs",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "market.example");
      await page.getByTestId("connect-keep-session").check();
      await page.getByTestId("connect-passphrase-show").click();
      await page.getByTestId("connect-passphrase").fill("tent lamp river coin");
      await page.getByTestId("connect-passphrase-again").fill("tent lamp river moon");
      await page.getByTestId("connect-submit").click();
      await page.locator("[aria-invalid=true]").first().waitFor();
      await page.getByTestId("connect-passphrase").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "connect-memory",
    route: "/connect",
    scenario: "firstRun",
    act: async (page) => {
      await fill(page, "market.example");
      await page.getByTestId("connect-keep-session").check();
      await page.getByTestId("connect-store-memory").check();
      await page.getByTestId("connect-submit").click();
      await page.getByTestId("memory-banner").waitFor();
    },
  },
  { name: "connect-renew", route: "/connect/real-1", scenario: "tokenRejected", ready: "[data-testid=connect-token]" },
];

import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function choose(page: Page, field: string, typed: string, value = typed): Promise<void> {
  await page.getByTestId(field).click();
  await page.getByTestId(field).fill(typed);
  await page.locator(`[role=option][data-value="${value}"]`).click();
}

/** Opens the way with fiat and chooses Germany, EUR, national bank transfer. */
export async function chooseGermany(page: Page): Promise<void> {
  await page.getByTestId("pay-fiat").or(page.getByTestId("fiat-country")).waitFor();
  const opener = page.getByTestId("pay-fiat");
  if (await opener.isVisible()) await opener.click();
  await choose(page, "fiat-country", "DE");
  await choose(page, "fiat-currency", "EUR");
  await choose(page, "fiat-system", "National bank", "NATIONAL_BANK");
}

async function look(page: Page, text: string): Promise<void> {
  await page.getByTestId("pay-invoice-input").fill(text);
  await page.getByTestId("pay-find").click();
}

function obstacle(name: string, invoice: string): Shot {
  return { name, route: `/pay/${invoice}`, scenario: "usual", ready: "[data-testid=fault]" };
}

export const shots: Shot[] = [
  { name: "pay-empty", route: "/pay", scenario: "usual", ready: "[data-testid=pay-find]" },
  {
    name: "pay-not-found",
    route: "/pay",
    scenario: "usual",
    act: async (page) => {
      await look(page, "999");
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  {
    name: "pay-not-a-number",
    route: "/pay",
    scenario: "usual",
    act: async (page) => {
      await look(page, "the coffee one");
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  { name: "pay-desk", route: "/pay/88", scenario: "empty", ready: "[data-testid=pay-invoice]" },
  { name: "pay-paid-before", route: "/pay/88", scenario: "usual", ready: "[data-testid=pay-already]" },
  { name: "pay-bitcoin-price", route: "/pay/92", scenario: "usual", ready: "[data-testid=pay-from-balance]" },
  { name: "pay-private", route: "/pay/300", scenario: "usual", ready: "[data-testid=pay-from-balance]" },
  { name: "pay-hostile-text", route: "/pay/13", scenario: "usual", ready: "[data-testid=pay-invoice]" },
  obstacle("pay-own", "77"),
  obstacle("pay-sold-out", "404"),
  obstacle("pay-deleted", "405"),
  obstacle("pay-expired", "66"),
  {
    name: "pay-too-many",
    route: "/pay/88",
    scenario: "usual",
    ready: "[data-testid=pay-pieces]",
    act: async (page) => {
      await page.getByTestId("pay-pieces").fill("99");
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  { name: "pay-too-little-balance", route: "/pay/88", scenario: "poor", ready: "[data-testid=pay-balance-obstacle]" },
  {
    name: "pay-confirm",
    route: "/pay/88",
    scenario: "usual",
    ready: "[data-testid=pay-from-balance]",
    act: async (page) => {
      await page.getByTestId("pay-from-balance").click();
      await page.getByTestId("pay-confirm").waitFor();
    },
  },
  {
    name: "pay-fiat",
    route: "/pay/88",
    scenario: "usual",
    ready: "[data-testid=pay-fiat]",
    act: async (page) => {
      await chooseGermany(page);
      await page.getByTestId("pay-by-ad").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "pay-fiat-confirm",
    route: "/pay/88",
    scenario: "usual",
    ready: "[data-testid=pay-fiat]",
    act: async (page) => {
      await chooseGermany(page);
      await page.getByTestId("pay-by-ad").click();
      await page.getByTestId("pay-confirm").waitFor();
    },
  },
  {
    name: "pay-fiat-cheapest",
    route: "/pay/88",
    scenario: "usual",
    ready: "[data-testid=pay-fiat]",
    act: async (page) => {
      await chooseGermany(page);
      await page.getByTestId("pay-cheapest").click();
      await page.getByTestId("pay-confirm").waitFor();
    },
  },
  {
    name: "pay-fiat-none",
    route: "/pay/51",
    scenario: "usual",
    ready: "[data-testid=pay-fiat]",
    act: async (page) => {
      await page.getByTestId("pay-fiat").click();
      await choose(page, "fiat-country", "AQ");
      await choose(page, "fiat-currency", "USD");
      await choose(page, "fiat-system", "Swish", "SWISH");
      await page.getByTestId("fiat-none").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "pay-price-changed",
    route: "/pay/88",
    scenario: "priceMoves",
    ready: "[data-testid=pay-from-balance]",
    act: async (page) => {
      await page.getByTestId("pay-from-balance").click();
      await page.getByTestId("pay-confirm").click();
      await page.getByTestId("fault").waitFor();
    },
  },
  { name: "pay-pending", route: "/pay/88", scenario: "pendingDeal", ready: "[data-testid=pay-pending]" },
  { name: "pay-unknown", route: "/pay/88", scenario: "unknownOutcome", ready: "[data-testid=pay-unknown]" },
];

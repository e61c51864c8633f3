import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function check(page: Page, text: string): Promise<void> {
  await page.getByTestId("receipt-text").fill(text);
  await page.getByTestId("receipt-check").click();
  await page.getByTestId("receipt-verdict").waitFor();
}

export const shots: Shot[] = [
  { name: "check-empty", route: "/check", scenario: "usual", ready: "[data-testid=receipt-text]" },
  { name: "check-no-account", route: "/receipts", scenario: "firstRun", ready: "[data-testid=receipt-text]" },
  {
    name: "check-verified",
    route: "/check",
    scenario: "usual",
    ready: "[data-testid=receipt-text]",
    act: async (page) => {
      await page.getByTestId("receipt-open").click();
      await page.getByTestId("receipt-verdict").waitFor();
    },
  },
  {
    name: "check-forged",
    route: "/check",
    scenario: "usual",
    ready: "[data-testid=receipt-text]",
    act: (page) => check(page, "Type: INVOICE_PAYMENT\nPaymentId: 1"),
  },
  {
    name: "check-key",
    route: "/check",
    scenario: "usual",
    ready: "[data-testid=receipt-text]",
    act: async (page) => {
      await page.getByTestId("receipt-key-fold").locator("summary").click();
      await page.getByTestId("receipt-key").waitFor();
    },
  },
];

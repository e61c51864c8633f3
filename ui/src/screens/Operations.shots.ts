import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function payAndWait(page: Page, state: string): Promise<void> {
  await page.getByTestId("pay-from-balance").click();
  await page.getByTestId("pay-confirm").click();
  await page.locator(`[data-testid=operation][data-state=${state}]`).waitFor();
}

const pay = "[data-testid=pay-from-balance]";
const ready = "[data-testid=operation]";

export const shots: Shot[] = [
  { name: "operations", route: "/operations", scenario: "unknownOutcome", ready: "[data-testid=operation-row]" },
  { name: "operations-empty", route: "/operations", scenario: "empty" },
  {
    name: "operations-settled",
    route: "/operations",
    scenario: "usual",
    ready: "[data-testid=operation-row]",
    act: async (page) => {
      await page.getByText(/^(Not settled|Без исхода)$/).click();
      await page.locator("[data-testid=operation-row]").first().waitFor({ state: "detached" });
    },
  },
  { name: "operation-unknown", route: "/operations/op-1", scenario: "unknownOutcome", ready },
  { name: "operation-person", route: "/operations/op-1", scenario: "needsPerson", ready },
  { name: "operation-found", route: "/pay/88", scenario: "lostFound", ready: pay, act: (page) => payAndWait(page, "done") },
  {
    name: "operation-absent",
    route: "/pay/88",
    scenario: "lostAbsent",
    ready: pay,
    act: (page) => payAndWait(page, "provenAbsent"),
  },
  { name: "operation-refused", route: "/operations/op-70", scenario: "usual", ready },
  { name: "operation-done", route: "/operations/op-71", scenario: "usual", ready },
  { name: "operation-twice", route: "/operations/op-77", scenario: "paidTwice", ready: "[data-testid=operation-doubles]" },
  {
    name: "operation-refund",
    route: "/operations/op-77",
    scenario: "paidTwice",
    ready: "[data-testid=operation-doubles]",
    act: async (page) => {
      await page.getByTestId("operation-refund").click();
      await page.getByTestId("ask-refund-text").waitFor();
    },
  },
  { name: "operation-differs", route: "/operations/op-78", scenario: "operationDiffers", ready: "[data-testid=difference]" },
  { name: "operation-declared", route: "/operations/op-79", scenario: "operationDeals", ready },
  { name: "operation-sent", route: "/operations/op-80", scenario: "operationDeals", ready },
  { name: "operation-gone", route: "/operations/op-404", scenario: "usual", ready: "[data-testid=fault]" },
  {
    name: "closing",
    route: "/payments",
    scenario: "operationDeals",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.evaluate(() => window.dispatchEvent(new Event("made-up-close")));
      await page.getByTestId("closing-quit").waitFor();
    },
  },
];

import type { Page } from "playwright-core";
import type { ScenarioName } from "../ipc/fake/scenarios";
import type { Shot } from "../lib/shot";

async function first(page: Page): Promise<void> {
  await page.getByTestId("payment-row").first().click();
  await page.getByTestId("payment-detail").waitFor();
}

/** The newest payment with everything that lies folded. */
function seal(name: string, scenario: ScenarioName): Shot {
  return { name: `payment-${name}`, route: "/payments", scenario, ready: "[data-testid=payment-row]", act: first };
}

export const shots: Shot[] = [
  { name: "payments", route: "/payments", scenario: "usual", ready: "[data-testid=payment-row]" },
  { name: "payments-none", route: "/payments", scenario: "empty", ready: "h2" },
  { name: "payments-many", route: "/payments", scenario: "many", ready: "[data-testid=payment-row]" },
  {
    name: "payments-not-found",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("payments-search").fill("zzzz");
      await page.getByTestId("payment-row").first().waitFor({ state: "detached" });
    },
  },
  { name: "payments-disconnected", route: "/payments", scenario: "disconnected", ready: "[data-testid=reconnect]" },
  { name: "payments-certificate", route: "/payments", scenario: "certificateChanged", ready: "[data-testid=reconnect]" },
  { name: "payments-token-missing", route: "/payments", scenario: "tokenMissing", ready: "[data-testid=token-banner]" },
  { name: "payments-unknown", route: "/payments", scenario: "unknownOutcome", ready: "[data-testid=unknown-banner]" },
  seal("verified", "usual"),
  seal("forged", "forged"),
  seal("mismatch", "mismatch"),
  seal("no-key", "noKey"),
  seal("no-confirmation", "noConfirmation"),
  seal("pending", "pendingDeal"),
  { name: "payment-not-found", route: "/payments/999999", scenario: "usual", ready: "[data-testid=fault]" },
  {
    name: "payment-cancel",
    route: "/payments",
    scenario: "pendingDeal",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await first(page);
      await page.getByTestId("payment-cancel").click();
      await page.getByTestId("payment-cancel-confirm").waitFor();
    },
  },
  {
    name: "payment-hidden-amounts",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await first(page);
      await page.getByTestId("hide-amounts").click();
    },
  },
  {
    name: "payment-bottom",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await first(page);
      await page.getByTestId("raw-confirmation").locator("summary").click();
      await page.getByTestId("secret").last().getByRole("button").last().click();
      await page.getByTestId("payment-detail").evaluate((detail) => detail.lastElementChild?.scrollIntoView());
    },
  },
  {
    name: "person",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await first(page);
      await page.locator(".person-name").first().click();
      await page.locator(".person-card").waitFor();
    },
  },
  {
    name: "palette",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.keyboard.press("Control+KeyK");
      await page.getByTestId("palette").getByRole("combobox").fill("88");
    },
  },
  {
    name: "shortcuts",
    route: "/payments",
    scenario: "usual",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.keyboard.press("?");
      await page.getByTestId("shortcuts").waitFor();
    },
  },
  {
    name: "account-menu",
    route: "/payments",
    scenario: "twoAccounts",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("account-menu").click();
      await page.getByTestId("account-add").waitFor();
    },
  },
];

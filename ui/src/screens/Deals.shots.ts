import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function first(page: Page): Promise<void> {
  await page.getByTestId("deal-row").first().click();
  await page.getByTestId("deal-turn").waitFor();
}

const ready = "[data-testid=deal-row]";

export const shots: Shot[] = [
  { name: "deals-empty", route: "/deals", scenario: "empty" },
  { name: "deals-list", route: "/deals", scenario: "pendingDeal", ready },
  { name: "deal-my-turn", route: "/deals", scenario: "pendingDeal", ready, act: first },
  {
    name: "deal-i-paid",
    route: "/deals",
    scenario: "pendingDeal",
    ready,
    act: async (page) => {
      await first(page);
      await page.getByTestId("deal-i-paid").click();
      await page.getByTestId("deal-i-paid-confirm").waitFor();
    },
  },
  {
    name: "deal-cancel",
    route: "/deals",
    scenario: "pendingDeal",
    ready,
    act: async (page) => {
      await first(page);
      await page.getByTestId("deal-cancel").click();
      await page.getByTestId("deal-cancel-confirm").waitFor();
    },
  },
  {
    name: "deal-message-not-sent",
    route: "/deals",
    scenario: "pendingDeal",
    ready,
    act: async (page) => {
      await first(page);
      await page.getByTestId("talk-input").fill("The bank says it is on its way. #refused");
      await page.getByTestId("talk-send").click();
      await page.getByTestId("line-retry").scrollIntoViewIfNeeded();
    },
  },
  { name: "deal-declared", route: "/deals", scenario: "dealDeclared", ready, act: first },
  {
    name: "deal-completed",
    route: "/deals",
    scenario: "dealCompleted",
    ready,
    act: async (page) => {
      await first(page);
      await page.getByTestId("deal-payment").waitFor();
    },
  },
  { name: "deal-canceled", route: "/deals", scenario: "dealCanceled", ready, act: first },
];

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

/** A payment about which the marketplace contradicts itself. */
function notice(name: string, scenario: ScenarioName): Shot {
  return { name: `payment-notice-${name}`, route: "/payments/1207", scenario, ready: "[data-testid=notices]" };
}

function exported(name: string, scenario: ScenarioName, act: (page: Page) => Promise<void>): Shot {
  return {
    name,
    route: "/payments",
    scenario,
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("export").click();
      await page.getByTestId("export-save").and(page.locator(":enabled")).waitFor();
      await act(page);
    },
  };
}

function money(name: string, scenario: ScenarioName): Shot {
  return {
    name,
    route: "/payments",
    scenario,
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("money-map").click();
      await page.getByTestId("money-close").waitFor();
    },
  };
}

function news(name: string, scenario: ScenarioName): Shot {
  return {
    name,
    route: "/payments",
    scenario,
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("news-bell").click();
      await page.getByTestId("news").locator("h3").first().waitFor();
    },
  };
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
  {
    name: "payments-deep",
    route: "/payments",
    scenario: "many",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("payments-list").evaluate((list) => (list.scrollTop = list.scrollHeight / 2));
      await page.locator("[data-testid=payment-row][aria-posinset='50010']").waitFor();
      await page.locator("[data-testid=payment-row][aria-posinset='50010']").click();
      await page.getByTestId("payment-detail").waitFor();
    },
  },
  {
    name: "payments-on-their-way",
    route: "/payments",
    scenario: "slowList",
    ready: "[data-testid=payment-row]",
    act: async (page) => {
      await page.getByTestId("payments-list").evaluate((list) => (list.scrollTop = list.scrollHeight / 3));
      await page.locator(".bones").first().waitFor();
    },
  },
  { name: "payments-first-sync", route: "/payments", scenario: "firstSyncStill", ready: "[data-testid=sync-stop]" },
  { name: "payments-sync-stopped", route: "/payments", scenario: "firstSyncStopped", ready: "[data-testid=sync-go]" },
  { name: "payments-sync-waiting", route: "/payments", scenario: "firstSyncWaiting", ready: "[data-testid=sync]" },
  { name: "payments-noticed", route: "/payments", scenario: "contradictions", ready: "[data-testid=row-noticed]" },
  {
    name: "payments-noticed-only",
    route: "/payments",
    scenario: "contradictions",
    ready: "[data-testid=noticed-only]",
    act: async (page) => {
      await page.getByTestId("noticed-only").check();
      await page.locator("[data-testid=payment-row][data-id='1204']").waitFor({ state: "detached" });
    },
  },
  notice("status", "noticed"),
  notice("contradictions", "contradictions"),
  notice("vanished", "vanished"),
  {
    name: "payment-twice",
    route: "/payments/1207",
    scenario: "twice",
    ready: "[data-testid=twice]",
  },
  {
    name: "payment-twice-refund",
    route: "/payments/1207",
    scenario: "twice",
    ready: "[data-testid=twice]",
    act: async (page) => {
      await page.getByTestId("twice-refund").click();
      await page.getByTestId("ask-refund-text").waitFor();
    },
  },
  { name: "payment-took-more", route: "/payments/1207", scenario: "tookMore", ready: "[data-testid=difference]" },
  {
    name: "payment-history",
    route: "/payments/1207",
    scenario: "vanished",
    ready: "[data-testid=said-history]",
    act: async (page) => {
      await page.getByTestId("said-history").locator("summary").click();
      await page.getByTestId("payment-as-of").scrollIntoViewIfNeeded();
    },
  },
  { name: "payment-pending-offline", route: "/payments/1210", scenario: "pendingOffline", ready: "[data-testid=cancel-waits]" },
  { name: "payment-canceling", route: "/payments/1210", scenario: "canceling", ready: "[data-testid=payment-operation]" },
  exported("export", "usual", async (page) => {
    await page.getByTestId("export-rows").getByText("8").waitFor();
  }),
  exported("export-many", "many", async (page) => {
    await page.getByTestId("export-json").check({ force: true });
  }),
  exported("export-done", "usual", async (page) => {
    await page.getByTestId("export-save").click();
    await page.getByTestId("export-done").waitFor();
  }),
  exported("export-fails", "exportFails", async (page) => {
    await page.getByTestId("export-save").click();
    await page.getByTestId("fault").waitFor();
  }),
  money("money-map", "wholeMap"),
  money("money-plain", "usual"),
  money("money-reckoning", "reckoning"),
  news("news", "pendingDeal"),
  news("news-none", "noNews"),
  {
    name: "news-arrived",
    route: "/payments",
    scenario: "arrivingOnce",
    ready: "[data-testid=said]",
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

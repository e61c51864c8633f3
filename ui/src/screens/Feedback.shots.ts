import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function give(page: Page): Promise<void> {
  await page.getByTestId("feedback-give").click();
  await page.getByTestId("feedback-text").waitFor();
}

async function bad(page: Page): Promise<void> {
  await give(page);
  await page.getByTestId("feedback-bad").check({ force: true });
  await page.getByTestId("feedback-text").fill("Locker 15 was empty. The answer came after two days.");
}

async function atFeedback(page: Page): Promise<void> {
  await page.getByTestId("feedback").scrollIntoViewIfNeeded();
}

function person(name: string, payment: string, at: number, act?: (page: Page) => Promise<void>): Shot {
  return {
    name,
    route: `/payments/${payment}`,
    scenario: "usual",
    ready: "[data-testid=payment-detail]",
    act: async (page) => {
      const who = page.locator("[data-testid=payment-detail] [data-testid=person]").nth(at);
      await who.click();
      await page.getByTestId("person-read").click();
      await page.getByTestId("person-page").waitFor();
      await page.locator("[data-testid=others-item], [data-testid=others-none]").first().waitFor();
      await act?.(page);
    },
  };
}

export const shots: Shot[] = [
  { name: "feedback-open", route: "/payments/1207", scenario: "usual", ready: "[data-testid=feedback]", act: atFeedback },
  { name: "feedback-give", route: "/payments/1207", scenario: "usual", ready: "[data-testid=feedback]", act: give },
  { name: "feedback-words", route: "/payments/1207", scenario: "usual", ready: "[data-testid=feedback]", act: bad },
  {
    name: "feedback-too-long",
    route: "/payments/1207",
    scenario: "usual",
    ready: "[data-testid=feedback]",
    act: async (page) => {
      await give(page);
      await page.getByTestId("feedback-text").fill("beans ".repeat(90));
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  {
    name: "feedback-final",
    route: "/payments/1207",
    scenario: "usual",
    ready: "[data-testid=feedback]",
    act: async (page) => {
      await bad(page);
      await page.getByTestId("feedback-next").click();
      await page.getByTestId("feedback-confirm").waitFor();
    },
  },
  {
    name: "feedback-given",
    route: "/payments/1207",
    scenario: "usual",
    ready: "[data-testid=feedback]",
    act: async (page) => {
      await give(page);
      await page.getByTestId("feedback-good").check({ force: true });
      await page.getByTestId("feedback-next").click();
      await page.getByTestId("feedback-confirm").click();
      await page.getByTestId("feedback-give").waitFor({ state: "detached" });
      await atFeedback(page);
    },
  },
  {
    name: "feedback-unknown",
    route: "/payments/1207",
    scenario: "lostFoundSlow",
    ready: "[data-testid=feedback]",
    act: async (page) => {
      await bad(page);
      await page.getByTestId("feedback-next").click();
      await page.getByTestId("feedback-confirm").click();
      await page.getByTestId("operation").waitFor();
    },
  },
  { name: "feedback-hostile", route: "/payments/1180", scenario: "usual", ready: "[data-testid=feedback]", act: atFeedback },
  {
    name: "feedback-deal",
    route: "/deals",
    scenario: "dealCompleted",
    ready: "[data-testid=deal-row]",
    act: async (page) => {
      await page.getByTestId("deal-row").first().click();
      await page.getByTestId("feedback-give").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "feedback-offline",
    route: "/payments/1207",
    scenario: "pendingOffline",
    ready: "[data-testid=feedback]",
    act: atFeedback,
  },
  {
    name: "person-card",
    route: "/payments/1207",
    scenario: "usual",
    ready: "[data-testid=payment-detail]",
    act: async (page) => {
      await page.locator("[data-testid=payment-detail] [data-testid=person]").first().click();
      await page.getByTestId("person-card").waitFor();
    },
  },
  {
    name: "person-card-anonymous",
    route: "/payments/1195",
    scenario: "usual",
    ready: "[data-testid=payment-detail]",
    act: async (page) => {
      await page.locator("[data-testid=payment-detail] [data-testid=person]").nth(1).click();
      await page.getByTestId("person-card").waitFor();
    },
  },
  person("person-page", "1207", 0),
  person("person-page-deals", "1207", 0, async (page) => {
    await page.getByTestId("others-deals").check({ force: true });
    await page.getByTestId("others-item").first().waitFor();
  }),
  person("person-page-hostile", "1180", 0, async (page) => {
    await page.getByTestId("others-item").nth(1).scrollIntoViewIfNeeded();
  }),
  person("person-page-anonymous", "1195", 1),
  { name: "person-page-nobody", route: "/people/nobody", scenario: "usual", ready: "[data-testid=fault]" },
];

import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function start(page: Page): Promise<void> {
  await page.getByTestId("refund-start").click();
  await page.getByTestId("refund-desk").waitFor();
  await page.getByTestId("refund-section").scrollIntoViewIfNeeded();
}

async function make(page: Page): Promise<void> {
  await start(page);
  await page.getByTestId("refund-pieces").fill("2");
  await page.locator("[data-testid=refund-create]:enabled").waitFor();
  await page.getByTestId("refund-create").click();
  await page.getByTestId("refund-confirm").waitFor();
}

async function made(page: Page): Promise<void> {
  await make(page);
  await page.getByTestId("refund-confirm").click();
  await page.getByTestId("refund-open").first().waitFor();
  await page.getByTestId("refund-section").scrollIntoViewIfNeeded();
}

async function paying(page: Page): Promise<void> {
  await page.getByTestId("refund-pay").first().click();
  await page.getByTestId("pay-refund").waitFor();
}

async function at(page: Page, id: string): Promise<void> {
  await page.getByTestId(id).scrollIntoViewIfNeeded();
}

export const shots: Shot[] = [
  {
    name: "refund-offered",
    route: "/payments/1204",
    scenario: "usual",
    ready: "[data-testid=refund-section]",
    act: (page) => at(page, "refund-section"),
  },
  { name: "refund-desk", route: "/payments/1204", scenario: "usual", ready: "[data-testid=refund-start]", act: start },
  {
    name: "refund-too-many",
    route: "/payments/1204",
    scenario: "usual",
    ready: "[data-testid=refund-start]",
    act: async (page) => {
      await start(page);
      await page.getByTestId("refund-pieces").fill("9");
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  { name: "refund-confirm", route: "/payments/1204", scenario: "usual", ready: "[data-testid=refund-start]", act: make },
  { name: "refund-made", route: "/payments/1204", scenario: "usual", ready: "[data-testid=refund-start]", act: made },
  { name: "refund-twice", route: "/payments/1171", scenario: "refundTwice", ready: "[data-testid=refund-open]", act: (page) => at(page, "refund-section") },
  {
    name: "refund-doubles",
    route: "/payments/1204",
    scenario: "refundTwice",
    ready: "[data-testid=refund-start]",
    act: async (page) => {
      await start(page);
      await page.getByTestId("refund-pieces").fill("1");
      await page.locator("[data-testid=refund-create]:enabled").filter({ hasText: /\b1\b/ }).click();
      await page.getByTestId("refund-confirm").click();
      await page.getByTestId("refund-doubles").waitFor();
      await at(page, "refund-section");
    },
  },
  {
    name: "refund-withdraw",
    route: "/payments/1171",
    scenario: "refundOpen",
    ready: "[data-testid=refund-open]",
    act: async (page) => {
      await page.getByTestId("refund-withdraw").click();
      await page.getByTestId("refund-withdraw-confirm").waitFor();
    },
  },
  {
    name: "refund-unknown",
    route: "/payments/1204",
    scenario: "lostFoundSlow",
    ready: "[data-testid=refund-start]",
    act: async (page) => {
      await make(page);
      await page.getByTestId("refund-confirm").click();
      await page.getByTestId("operation").waitFor();
    },
  },
  {
    name: "refund-anonymous",
    route: "/payments/1195",
    scenario: "usual",
    ready: "[data-testid=refund-why]",
    act: (page) => at(page, "refund-why"),
  },
  { name: "refund-pay", route: "/payments/1171", scenario: "refundOpen", ready: "[data-testid=refund-open]", act: paying },
  {
    name: "refund-pay-confirm",
    route: "/payments/1171",
    scenario: "refundOpen",
    ready: "[data-testid=refund-open]",
    act: async (page) => {
      await paying(page);
      await page.getByTestId("pay-from-balance").click();
      await page.getByTestId("pay-confirm").waitFor();
    },
  },
  { name: "refund-pay-costly", route: "/payments/1171", scenario: "refundCostly", ready: "[data-testid=refund-open]", act: paying },
  {
    name: "refund-given",
    route: "/payments/1204",
    scenario: "givenBack",
    ready: "[data-testid=given-back]",
    act: (page) => at(page, "given-back"),
  },
  {
    name: "refund-got",
    route: "/payments/1190",
    scenario: "givenBack",
    ready: "[data-testid=given-back]",
    act: (page) => at(page, "given-back"),
  },
  { name: "refund-payment", route: "/payments/1206", scenario: "givenBack", ready: "[data-testid=refund-of]" },
  { name: "refund-payment-mine", route: "/payments/1205", scenario: "givenBack", ready: "[data-testid=refund-of]" },
];

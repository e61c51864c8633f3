import type { Page } from "playwright-core";
import type { ScenarioName } from "../ipc/fake/scenarios";
import type { Shot } from "../lib/shot";

async function plan(page: Page): Promise<void> {
  await page.getByTestId("evidence-button").click();
  await page.getByTestId("evidence-group").first().waitFor();
}

async function check(page: Page): Promise<void> {
  await page.getByTestId("bundle-pick").click();
  await page.locator("[data-testid=bundle-verdict], [data-testid=fault]").first().waitFor();
}

function checked(name: string, scenario: ScenarioName): Shot {
  return { name: `bundle-${name}`, route: "/bundle", scenario, ready: "[data-testid=bundle-pick]", act: check };
}

export const shots: Shot[] = [
  { name: "evidence-plan", route: "/payments/1207", scenario: "usual", ready: "[data-testid=evidence-button]", act: plan },
  {
    name: "evidence-search",
    route: "/deals",
    scenario: "dealCompleted",
    ready: "[data-testid=deal-row]",
    act: async (page) => {
      await page.getByTestId("deal-row").first().click();
      await plan(page);
      await page.getByTestId("evidence-search").fill("xx00");
      await page.getByTestId("evidence-out").click();
    },
  },
  {
    name: "evidence-deal",
    route: "/deals",
    scenario: "dealCompleted",
    ready: "[data-testid=deal-row]",
    act: async (page) => {
      await page.getByTestId("deal-row").first().click();
      await plan(page);
      await page.locator("[data-kind=message] [data-testid=evidence-open]").click();
      await page.getByTestId("evidence-item").first().uncheck();
    },
  },
  {
    name: "evidence-nothing",
    route: "/payments/1207",
    scenario: "usual",
    ready: "[data-testid=evidence-button]",
    act: async (page) => {
      await plan(page);
      for (const all of await page.getByTestId("evidence-all").all()) await all.uncheck();
    },
  },
  { name: "bundle-empty", route: "/bundle", scenario: "usual", ready: "[data-testid=bundle-pick]" },
  { name: "bundle-no-account", route: "/bundle", scenario: "firstRun", ready: "[data-testid=bundle-pick]" },
  checked("intact", "usual"),
  checked("mine", "bundleMine"),
  checked("altered", "bundleAltered"),
  {
    name: "bundle-contents",
    route: "/bundle",
    scenario: "bundleAltered",
    ready: "[data-testid=bundle-pick]",
    act: async (page) => {
      await check(page);
      for (const group of await page.getByTestId("bundle-group").locator("summary").all()) await group.click();
      await page.getByTestId("bundle-item").first().scrollIntoViewIfNeeded();
    },
  },
  checked("bad-key", "bundleBadKey"),
  checked("unreadable", "bundleUnreadable"),
];

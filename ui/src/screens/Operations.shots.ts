import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

async function payAndWait(page: Page, state: string): Promise<void> {
  await page.getByTestId("pay-from-balance").click();
  await page.getByTestId("pay-confirm").click();
  await page.locator(`[data-testid=operation][data-state=${state}]`).waitFor();
}

const ready = "[data-testid=pay-from-balance]";

export const shots: Shot[] = [
  { name: "operation-unknown", route: "/operation/op-1", scenario: "unknownOutcome", ready: "[data-testid=operation]" },
  { name: "operation-person", route: "/operation/op-1", scenario: "needsPerson", ready: "[data-testid=operation]" },
  { name: "operation-found", route: "/pay/88", scenario: "lostFound", ready, act: (page) => payAndWait(page, "done") },
  {
    name: "operation-absent",
    route: "/pay/88",
    scenario: "lostAbsent",
    ready,
    act: (page) => payAndWait(page, "provenAbsent"),
  },
];

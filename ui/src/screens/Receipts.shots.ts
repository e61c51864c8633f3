import type { Shot } from "../lib/shot";

const ready = "[data-testid=receipt]";
const list = "[data-testid=receipt-row]";

export const shots: Shot[] = [
  { name: "receipts", route: "/receipts", scenario: "usual", ready: list },
  { name: "receipts-none", route: "/receipts", scenario: "empty" },
  { name: "receipts-many", route: "/receipts", scenario: "many", ready: list },
  { name: "receipt-gone", route: "/receipts/404", scenario: "usual", ready: "[data-testid=fault]" },
  { name: "receipt-verified", route: "/receipts/1207", scenario: "usual", ready },
  { name: "receipt-offline", route: "/receipts/1204", scenario: "disconnected", ready },
  { name: "receipt-mismatch", route: "/receipts/1207", scenario: "mismatch", ready },
  { name: "receipt-forged", route: "/receipts/1207", scenario: "forged", ready },
  { name: "receipt-other-key", route: "/receipts/1207", scenario: "otherKey", ready },
  {
    name: "receipt-raw",
    route: "/receipts/1207",
    scenario: "usual",
    ready,
    act: async (page) => {
      await page.getByTestId("raw-confirmation").locator("summary").click();
      await page.getByTestId("save-confirmation").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "receipts-nothing",
    route: "/receipts",
    scenario: "usual",
    ready: list,
    act: async (page) => {
      await page.getByTestId("receipts-search").fill("zzz");
      await page.locator(list).first().waitFor({ state: "detached" });
    },
  },
];

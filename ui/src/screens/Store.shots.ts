import type { ScenarioName } from "../ipc/fake/scenarios";
import type { Shot } from "../lib/shot";

const gate = "[data-testid=store-gate]";
const shut = (name: string, scenario: ScenarioName): Shot => ({ name: `store-${name}`, route: "/payments", scenario, ready: gate });

export const shots: Shot[] = [
  {
    ...shut("opening", "storeOpening"),
    act: async (page) => {
      await page.locator(`${gate} h1`).waitFor();
    },
  },
  shut("locked", "storeLocked"),
  {
    ...shut("locked-wrong", "storeLocked"),
    act: async (page) => {
      await page.getByTestId("store-passphrase").fill("not the passphrase");
      await page.keyboard.press("Enter");
      await page.locator("[aria-invalid=true]").waitFor();
    },
  },
  {
    ...shut("locked-busy", "storeDeriving"),
    act: async (page) => {
      await page.getByTestId("store-passphrase").fill("tent lamp river coin");
      await page.keyboard.press("Enter");
      await page.locator("[data-testid=store-unlock][aria-busy=true]").waitFor();
    },
  },
  {
    ...shut("locked-lost", "storeLocked"),
    act: async (page) => {
      await page.getByTestId("store-forgot").locator("summary").click();
      await page.getByTestId("store-aside").waitFor();
    },
  },
  shut("taken", "storeTaken"),
  shut("damaged", "storeDamaged"),
  {
    ...shut("aside", "storeDamaged"),
    act: async (page) => {
      await page.getByTestId("store-aside").click();
      await page.getByTestId("store-aside-confirm").waitFor();
    },
  },
  {
    ...shut("aside-done", "storeDamaged"),
    act: async (page) => {
      await page.getByTestId("store-aside").click();
      await page.getByTestId("store-aside-confirm").click();
      await page.getByTestId("payment-row").first().waitFor();
      await page.keyboard.press("Control+Digit6");
      await page.getByTestId("account-store").first().waitFor();
      await page.getByTestId("account-store").first().scrollIntoViewIfNeeded();
    },
  },
  shut("newer", "storeNewer"),
  shut("key-gone", "storeKeyGone"),
  shut("unwritable", "storeUnwritable"),
  shut("keychain", "storeKeychain"),
  { name: "store-log-gone", route: "/payments", scenario: "storeLogGone", ready: "[data-testid=doubt-banner]" },
  { name: "store-older-copy", route: "/pay/88", scenario: "storeOlderCopy", ready: "[data-testid=doubt-banner]" },
  { name: "settings-memory", route: "/settings", scenario: "inMemory", ready: "[data-testid=account-memory]" },
];

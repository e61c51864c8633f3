import type { Shot } from "../lib/shot";

export const shots: Shot[] = [
  { name: "settings", route: "/settings", scenario: "usual", ready: "[data-testid=account-card]" },
  { name: "settings-two-accounts", route: "/settings", scenario: "twoAccounts", ready: "[data-testid=account-card]" },
  { name: "settings-no-account", route: "/settings", scenario: "keychainMissing", ready: "[data-testid=keychain]" },
  {
    name: "settings-keychain-locked",
    route: "/settings",
    scenario: "keychainLocked",
    ready: "[data-testid=keychain]",
    act: (page) => page.getByTestId("keychain").scrollIntoViewIfNeeded(),
  },
  {
    name: "settings-remove",
    route: "/settings",
    scenario: "realAccount",
    ready: "[data-testid=account-card]",
    act: async (page) => {
      await page.getByTestId("account-remove").click();
      await page.getByTestId("account-remove-confirm").waitFor();
    },
  },
];

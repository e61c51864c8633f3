import type { Shot } from "../lib/shot";

export const shots: Shot[] = [
  { name: "welcome", route: "/welcome", scenario: "firstRun", ready: "[data-testid=welcome-practise]" },
  {
    name: "welcome-practice-fails",
    route: "/welcome",
    scenario: "practiceFails",
    act: async (page) => {
      await page.getByTestId("welcome-practise").click();
      await page.getByTestId("fault").waitFor();
    },
  },
];

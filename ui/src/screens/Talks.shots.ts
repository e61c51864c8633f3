import type { Page } from "playwright-core";
import type { Shot } from "../lib/shot";

const ready = "[data-testid=talk-row]";
const line = "[data-testid=talk-line]";
const coffee = "/talks/payment%2F1207";

/** Files as one drops them. */
async function drop(page: Page, names: string[]): Promise<void> {
  await page.getByTestId("composer").evaluate((composer, files) => {
    const data = new DataTransfer();
    for (const name of files) data.items.add(new File([new Uint8Array(64)], name));
    composer.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, names);
}

async function toTop(page: Page): Promise<void> {
  await page.getByTestId("talk-log").evaluate((log) => (log.scrollTop = 0));
}

export const shots: Shot[] = [
  { name: "talks-list", route: "/talks", scenario: "usual", ready },
  { name: "talks-empty", route: "/talks", scenario: "noTalks" },
  { name: "talks-many", route: "/talks", scenario: "manyTalks", ready },
  { name: "talks-hostile", route: "/talks", scenario: "hostileTalks", ready },
  {
    name: "talks-not-found",
    route: "/talks",
    scenario: "usual",
    ready,
    act: async (page) => {
      await page.getByTestId("talks-search").fill("zzz");
      await page.getByTestId("talks-reset").waitFor();
    },
  },
  { name: "talk-payment", route: coffee, scenario: "usual", ready: line },
  { name: "talk-seller", route: "/talks/payment%2F1204", scenario: "usual", ready: line },
  { name: "talk-deal", route: "/talks/deal%2F1303", scenario: "pendingDeal", ready: line },
  { name: "talk-states", route: coffee, scenario: "talkStates", ready: line },
  { name: "talk-states-offline", route: coffee, scenario: "talkStatesOffline", ready: line },
  {
    name: "talk-states-pictures",
    route: coffee,
    scenario: "talkStates",
    ready: line,
    act: async (page) => {
      await page.locator("[data-testid=picture][data-state=damaged]").scrollIntoViewIfNeeded();
    },
  },
  {
    name: "talk-told-differently",
    route: coffee,
    scenario: "talkStates",
    ready: line,
    act: async (page) => {
      await page.getByTestId("line-former").click();
      await page.getByTestId("former").waitFor();
    },
  },
  { name: "talk-long", route: coffee, scenario: "longTalk", ready: line, act: toTop },
  { name: "talk-hostile", route: coffee, scenario: "hostileTalks", ready: line },
  {
    name: "talk-link",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await page.locator(".asks").first().click();
    },
  },
  { name: "talk-new", route: "/talks/payment%2F1199", scenario: "usual", ready: "[data-testid=composer]" },
  {
    name: "talk-pictures-draft",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await drop(page, ["parcel.jpg", "label of the parcel, seen from the left side.png", "photo.heic", "notes.txt"]);
      await page.getByTestId("draft-picture").nth(1).waitFor();
      await page.getByTestId("talk-input").fill("Here is what came.\nOne bag is open.");
    },
  },
  {
    name: "talk-drop-zone",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], "a.png", { type: "image/png" }));
        window.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, cancelable: true }));
      });
      await page.getByTestId("drop-zone").waitFor();
    },
  },
  {
    name: "talk-too-long",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: (page) => page.getByTestId("talk-input").fill("A long story. ".repeat(75)),
  },
  {
    name: "talk-viewer",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await page.getByTestId("picture").nth(1).click();
      await page.locator("[data-testid=viewer-stage][data-whole=true]").waitFor();
    },
  },
  {
    name: "talk-viewer-zoomed",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await page.getByTestId("picture").nth(1).click();
      await page.locator("[data-testid=viewer-stage][data-whole=true]").waitFor();
      for (const _ of [1, 2, 3, 4]) await page.keyboard.press("+");
    },
  },
  {
    name: "talk-viewer-damaged",
    route: coffee,
    scenario: "talkStates",
    ready: line,
    act: async (page) => {
      await page.locator("[data-testid=picture][data-state=here]").nth(3).click();
      await page.getByTestId("viewer-stage").waitFor();
      for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowRight");
    },
  },
  {
    name: "talk-delete",
    route: coffee,
    scenario: "usual",
    ready: line,
    act: async (page) => {
      await page.getByTestId("talk-delete").click();
      await page.getByTestId("talk-delete-confirm").waitFor();
    },
  },
  {
    name: "talks-settings",
    route: "/settings",
    scenario: "usual",
    ready: "[data-testid=notifications]",
    act: (page) => page.getByTestId("notifications").scrollIntoViewIfNeeded(),
  },
];

// A conversation of ten thousand messages, and five thousand conversations.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, useBrowser } from "./window";

useBrowser();

const coffee = "/talks/payment%2F1207";
const log = (page: Page) => byId(page, "talk-log");
const drawn = (page: Page) => byId(page, "talk-line").count();

/** Id and place on screen of the first line in sight. */
async function held(page: Page): Promise<{ id: string; top: number }> {
  return log(page).evaluate((box) => {
    const edge = box.getBoundingClientRect().top;
    const line = [...box.querySelectorAll<HTMLElement>("article")].find((one) => one.getBoundingClientRect().bottom > edge);
    return { id: line?.dataset["id"] ?? "", top: Math.round(line?.getBoundingClientRect().top ?? 0) };
  });
}

async function place(page: Page, id: string): Promise<number> {
  return page.locator(`[data-testid=talk-line][data-id="${id}"]`).evaluate((line) => Math.round(line.getBoundingClientRect().top));
}

test("it opens at its end, and earlier lines come in without moving what one reads", async () => {
  const page = await open({ route: coffee, scenario: "longTalk" });
  await page.getByText("Message 10000", { exact: true }).last().waitFor();
  expect(await log(page).getAttribute("data-total")).toBe("10000");
  expect(await drawn(page)).toBeLessThanOrEqual(60);
  const first = await byId(page, "talk-line").first().getAttribute("data-id");
  await log(page).evaluate((box) => (box.scrollTop = 300));
  const before = await held(page);
  await expect.poll(() => byId(page, "talk-line").first().getAttribute("data-id"), { timeout: 8000 }).not.toBe(first);
  expect(Math.abs((await place(page, before.id)) - before.top)).toBeLessThanOrEqual(1);
});

test("however far one looks, few lines exist, and the way back to the newest is one step", async () => {
  const page = await open({ route: coffee, scenario: "longTalk" });
  await byId(page, "talk-line").first().waitFor();
  for (let step = 0; step < 12; step += 1) {
    const first = await byId(page, "talk-line").first().getAttribute("data-id");
    await log(page).evaluate((box) => (box.scrollTop = 0));
    await expect.poll(() => byId(page, "talk-line").first().getAttribute("data-id"), { timeout: 8000 }).not.toBe(first);
    expect(await drawn(page)).toBeLessThanOrEqual(400);
  }
  // Down again, line by line, until the lines that went are back.
  const last = await byId(page, "talk-line").last().getAttribute("data-id");
  await log(page).evaluate((box) => (box.scrollTop = box.scrollHeight));
  await expect.poll(() => byId(page, "talk-line").last().getAttribute("data-id"), { timeout: 8000 }).not.toBe(last);
  expect(await drawn(page)).toBeLessThanOrEqual(400);
  await byId(page, "to-newest").click();
  await page.getByText("Message 10000", { exact: true }).last().waitFor();
  await byId(page, "to-newest").waitFor({ state: "detached" });
});

test("a message that is sent from far up leads to the end", async () => {
  const page = await open({ route: coffee, scenario: "longTalk" });
  await byId(page, "talk-line").first().waitFor();
  for (let step = 0; step < 5; step += 1) {
    await log(page).evaluate((box) => (box.scrollTop = 0));
    await page.waitForTimeout(250);
  }
  await byId(page, "talk-input").fill("From far up");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=talk-line][data-author=me]").filter({ hasText: "From far up" }).waitFor();
  await byId(page, "to-newest").waitFor({ state: "detached" });
});

test("five thousand conversations are a list of few rows that keeps its place", async () => {
  const page = await open({ route: "/talks", scenario: "manyTalks" });
  await byId(page, "talk-row").first().waitFor();
  expect(await byId(page, "talks-list").getAttribute("data-total")).toBe("5000");
  await byId(page, "talks-list").evaluate((list) => (list.scrollTop = list.scrollHeight / 2));
  const row = page.locator('[data-testid=talk-row][aria-posinset="2505"]');
  await row.waitFor();
  expect(await page.locator("[data-testid=talks-list] [role=option]").count()).toBeLessThanOrEqual(80);
  const id = await row.getAttribute("data-id");
  await row.click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toBe(id);
  await byId(page, "rail-payments").click();
  await byId(page, "payment-row").first().waitFor();
  await byId(page, "rail-talks").click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toBe(id);
  await expect.poll(() => page.locator("[data-testid=talks-list] [aria-selected=true]").getAttribute("data-id")).toBe(id);
});

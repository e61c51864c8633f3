// The money map, the history taken over, news, and the export.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, useBrowser } from "./window";

useBrowser();

const rows = (page: Page) => byId(page, "payment-row");
const sats = (page: Page, line: string) =>
  page.locator(`[data-testid=money-dialog] [data-line=${line}] [data-sats]`).first().getAttribute("data-sats");

test("the money map adds up, and each line leads to its rows", async () => {
  const page = await open({ route: "/payments", scenario: "wholeMap" });
  await byId(page, "money-map").click();
  let sum = 0n;
  for (const line of ["available", "expected", "inDeals", "inNotes"]) sum += BigInt((await sats(page, line)) ?? "-1");
  expect((await sats(page, "total")) ?? "").toBe(sum.toString());
  expect(await sats(page, "inDeals")).toBe("500000");
  expect(await sats(page, "unresolved")).toBe("240000");
  await page.locator("[data-line=inDeals] a").click();
  await expect.poll(() => page.url()).toMatch(/#\/deals$/);
  await byId(page, "money-map").click();
  await page.locator("[data-line=unresolved] a").click();
  await expect.poll(() => page.url()).toMatch(/#\/operations$/);
  expect(await byId(page, "money-dialog").isVisible()).toBe(false);
});

test("a balance that nothing explains is stated with the rest, and the payments can be saved for support", async () => {
  const page = await open({ route: "/payments", scenario: "reckoning" });
  expect(await byId(page, "money-map").textContent()).toContain("Does not add up");
  await byId(page, "money-map").click();
  expect(await byId(page, "reckoning-rest").locator("[data-sats]").getAttribute("data-sats")).toBe("-1500");
  await byId(page, "reckoning-export").click();
  await byId(page, "export-rows").getByText("8 payments").waitFor();
});

test("amounts that are hidden are hidden in the map too", async () => {
  const page = await open({ route: "/payments", scenario: "wholeMap" });
  await byId(page, "hide-amounts").click();
  await byId(page, "money-map").click();
  expect(await byId(page, "money-dialog").innerText()).not.toMatch(/\d{3}/);
});

test("the history that is taken over grows, stops when told, and goes on", async () => {
  const page = await open({ route: "/payments", scenario: "firstSync" });
  const total = async (): Promise<number> => Number(await byId(page, "payments-list").getAttribute("data-total"));
  await rows(page).first().waitFor();
  const first = await total();
  expect(first).toBeLessThan(100_000);
  await expect.poll(total, { timeout: 10_000 }).toBeGreaterThan(first);
  await byId(page, "sync-stop").click();
  await byId(page, "sync-go").waitFor();
  expect(await byId(page, "rail-sync").textContent()).toContain("stopped");
  await byId(page, "sync-go").click();
  await byId(page, "sync-stop").waitFor();
  const then = await total();
  await expect.poll(total, { timeout: 10_000 }).toBeGreaterThan(then);
});

test("without a connection the list is there with its age", async () => {
  const page = await open({ route: "/payments", scenario: "disconnected" });
  await rows(page).first().waitFor();
  expect(await byId(page, "offline").textContent()).toContain("No connection");
});

test("the bell counts what is not read; opening it reads it, and a line leads to its deal", async () => {
  const page = await open({ route: "/payments", scenario: "pendingDeal" });
  await expect.poll(() => byId(page, "news-bell").getAttribute("data-unread")).toBe("3");
  expect(await byId(page, "news-bell").getAttribute("aria-label")).toBe("News: 3 not read");
  await byId(page, "news-bell").click();
  await byId(page, "news-row").first().waitFor();
  await expect.poll(() => byId(page, "news-bell").getAttribute("data-unread")).toBe("0");
  expect(await page.getByText("not read yet").count()).toBe(3);
  await byId(page, "news-row").first().getByRole("link").click();
  await expect.poll(() => page.url()).toMatch(/#\/deals\/\d+$/);
  expect(await byId(page, "news").isVisible()).toBe(false);
});

test("a payment that comes in is said once, and counted", async () => {
  const page = await open({ route: "/payments", scenario: "arrivingOnce" });
  await byId(page, "said").getByText("A payment came in, 0.00020000 BTC").waitFor();
  await expect.poll(() => byId(page, "news-bell").getAttribute("data-unread")).toBe("3");
  await byId(page, "said").getByRole("button").click();
  await page.getByTestId("rail-deals").click();
  await page.getByTestId("rail-payments").click();
  await rows(page).first().waitFor();
  expect(await byId(page, "said").count()).toBe(0);
});

test("no news teach what belongs here", async () => {
  const page = await open({ route: "/payments", scenario: "noNews" });
  await byId(page, "news-bell").click();
  await page.getByText("No news yet").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => byId(page, "news").isVisible()).toBe(false);
});

test("an export says what will be in it, and then what the file is called", async () => {
  const page = await open({ route: "/payments" });
  await rows(page).first().waitFor();
  await page.getByText("To me", { exact: true }).click();
  await byId(page, "payments-status").selectOption("paid");
  await byId(page, "export").click();
  const dialog = byId(page, "export-dialog");
  await dialog.getByText("direction: To me").waitFor();
  await dialog.getByText("status: Paid").waitFor();
  await dialog.getByText("3 payments", { exact: true }).waitFor();
  await byId(page, "export-json").check({ force: true });
  await byId(page, "export-save").click();
  expect(await byId(page, "export-done").innerText()).toBe("3 payments are in the file kvit-payments.json");
});

test("an export that fails says so and can be tried again; one that is declined changes nothing", async () => {
  const fails = await open({ route: "/payments", scenario: "exportFails" });
  await byId(fails, "export").click();
  await byId(fails, "export-save").click();
  expect(await byId(fails, "fault").getAttribute("data-code")).toBe("fileUnwritable");
  const declines = await open({ route: "/payments", scenario: "exportDeclined" });
  await byId(declines, "export").click();
  await byId(declines, "export-save").click();
  await expect.poll(() => byId(declines, "export-save").getAttribute("aria-busy")).toBe(null);
  expect(await byId(declines, "export-done").count()).toBe(0);
  expect(await byId(declines, "export-save").isVisible()).toBe(true);
});

// Keeping evidence and checking it.
import { expect, test } from "vitest";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

test("everything goes in unless it is left out, and the bundle is saved with what remains", async () => {
  const page = await open({ route: "/deals", scenario: "dealCompleted" });
  await byId(page, "deal-row").first().click();
  await byId(page, "evidence-button").click();
  await byId(page, "evidence-group").first().waitFor();
  expect(await byId(page, "evidence-left-out").textContent()).toContain("Nothing is left out");
  expect(await byId(page, "evidence-dialog").textContent()).toContain("What it does not prove");
  await byId(page, "evidence-search").fill("xx 00-00");
  await byId(page, "evidence-out").click();
  expect(await byId(page, "evidence-item").first().isChecked()).toBe(false);
  await byId(page, "evidence-search").fill("");
  expect(await byId(page, "evidence-left-out").textContent()).toContain("1 part left out");
  const group = page.locator("[data-testid=evidence-group][data-kind=message]");
  expect(await group.getByTestId("evidence-all").evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true);
  await byId(page, "evidence-save").click();
  await page.getByText("Saved as kvit-evidence-deal-").waitFor();
});

test("leaving out by keyboard: a whole group, then everything, and then there is nothing to save", async () => {
  const page = await open({ route: "/payments/1207" });
  await byId(page, "evidence-button").click();
  await byId(page, "evidence-group").first().waitFor();
  const boxes = byId(page, "evidence-all");
  for (let at = 0; at < (await boxes.count()); at += 1) {
    await tabTo(page, boxes.nth(at));
    await page.keyboard.press("Space");
    if (at === 0) await page.getByText("Without the receipt").waitFor();
  }
  expect(await byId(page, "evidence-save").isDisabled()).toBe(true);
});

test("an intact bundle says so, with its key, its counts and the receipt inside", async () => {
  const page = await open({ route: "/bundle" });
  await byId(page, "bundle-pick").click();
  await page.locator("[data-testid=bundle-verdict][data-verdict=parts]").waitFor();
  expect(await byId(page, "bundle-counts").textContent()).toContain("2 left out");
  expect(await byId(page, "bundle-key").textContent()).toContain("another installation");
  await byId(page, "bundle-receipt").locator("[data-testid=seal][data-state=verified]").waitFor();
  // The ornament of the seal is for receipts only: the verdict has none.
  expect(await page.locator(".hero [data-testid=seal]").count()).toBe(0);
});

test("an altered bundle names what was altered, what is missing and what was added", async () => {
  const page = await open({ route: "/bundle", scenario: "bundleAltered" });
  await byId(page, "bundle-pick").click();
  await page.locator("[data-testid=bundle-verdict][data-verdict=altered]").waitFor();
  const problems = await byId(page, "bundle-problems").textContent();
  for (const part of ["message/5.json", "picture/7.jpg", "extra/contract.html"]) expect(problems).toContain(part);
});

test("what is no bundle is said to be none, and needs no account to be looked at", async () => {
  const page = await open({ route: "/bundle", scenario: "bundleUnreadable" });
  await byId(page, "bundle-pick").click();
  await page.locator("[data-testid=fault][data-code=bundleUnreadable]").waitFor();
  expect(await byId(page, "bundle-verdict").count()).toBe(0);
  const fresh = await open({ route: "/bundle", scenario: "firstRun" });
  await byId(fresh, "bundle-pick").waitFor();
  expect(await byId(fresh, "tab-archive").count()).toBe(0);
  expect(await byId(fresh, "tab-check").count()).toBe(1);
});

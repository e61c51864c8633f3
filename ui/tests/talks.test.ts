// Conversations: reading, writing, what is lost and found, pictures, and places from which they are begun.
import { expect, test } from "vitest";
import type { Page } from "playwright-core";
import { byId, open, tabTo, useBrowser } from "./window";

useBrowser();

const coffee = "/talks/payment%2F1207";
const lines = (page: Page) => byId(page, "talk-line");
const mine = (page: Page) => page.locator("[data-testid=talk-line][data-author=me]");
const rail = (page: Page) => page.locator("[data-testid=rail-talks] .count [aria-hidden]");

/** Lets the page believe that its window has the focus, or has lost it. */
async function focused(page: Page, has: boolean): Promise<void> {
  await page.evaluate((now) => {
    document.hasFocus = () => now;
    window.dispatchEvent(new Event(now ? "focus" : "blur"));
  }, has);
}

async function write(page: Page, text: string): Promise<void> {
  await byId(page, "talk-input").fill(text);
  await page.keyboard.press("Enter");
}

async function dropFiles(page: Page, names: string[]): Promise<void> {
  await byId(page, "composer").evaluate((composer, files) => {
    const data = new DataTransfer();
    for (const name of files) data.items.add(new File([new Uint8Array(64)], name));
    composer.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  }, names);
}

test("one count of unread messages stands in the rail, the title and the list, and reading ends it everywhere", async () => {
  const page = await open({ route: "/talks" });
  await byId(page, "talk-row").first().waitFor();
  expect(await rail(page).textContent()).toBe("2");
  expect(await page.title()).toBe("(2) Conversations · Kvit");
  expect(await byId(page, "talks-unread-count").textContent()).toContain("2");
  expect(await page.locator("[data-testid=talk-row] .count [aria-hidden]").first().textContent()).toBe("2");
  await byId(page, "talk-row").first().click();
  await byId(page, "unread-line").waitFor();
  await expect.poll(() => rail(page).count()).toBe(0);
  await expect.poll(() => page.title()).toBe("Conversations · Kvit");
  expect(await byId(page, "talks-unread-count").count()).toBe(0);
  // Where reading began stays marked until one leaves.
  expect(await byId(page, "unread-line").count()).toBe(1);
});

test("nothing is read while the window is without the focus", async () => {
  const page = await open({ route: "/payments" });
  await byId(page, "payment-row").first().waitFor();
  await focused(page, false);
  await page.evaluate(() => (location.hash = "#/talks/payment%2F1207"));
  await lines(page).first().waitFor();
  await page.waitForTimeout(600);
  expect(await rail(page).textContent()).toBe("2");
  await focused(page, true);
  await expect.poll(() => rail(page).count()).toBe(0);
});

test("a message appears at once, goes through its states, and is answered", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  const before = await mine(page).count();
  await byId(page, "talk-input").fill("First line");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("second line");
  await page.keyboard.press("Enter");
  await expect.poll(() => mine(page).count()).toBe(before + 1);
  expect(await byId(page, "talk-input").inputValue()).toBe("");
  const last = mine(page).nth(before);
  expect(await last.textContent()).toContain("First line\nsecond line");
  await expect.poll(() => last.getAttribute("data-state")).toBe("sent");
  await page.getByText("All right, I will answer", { exact: false }).first().waitFor();
  expect(await mine(page).count()).toBe(before + 1);
});

test("silence is looked after and never sends twice; a refused one stays, is sent again, or deleted", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  const before = await mine(page).count();
  await write(page, "is anybody there #lost");
  const checking = page.locator("[data-testid=talk-line][data-state=checking]");
  await checking.waitFor();
  expect(await checking.textContent()).toContain("not sent twice");
  expect(await checking.locator("button").count()).toBe(0);
  await expect.poll(() => mine(page).nth(before).getAttribute("data-state"), { timeout: 8000 }).toBe("sent");
  await write(page, "this one #refused");
  const failed = page.locator("[data-testid=talk-line][data-state=failed]");
  await failed.waitFor();
  expect(await byId(page, "line-why").textContent()).not.toBe("");
  await page.locator("[data-testid=talk-row] .bad").first().waitFor();
  await byId(page, "line-retry").click();
  await expect.poll(() => mine(page).nth(before + 1).getAttribute("data-state")).toBe("sent");
  await write(page, "and this #refused");
  await failed.waitFor();
  await byId(page, "line-drop").click();
  await failed.waitFor({ state: "detached" });
  expect(await mine(page).count()).toBe(before + 2);
});

test("without a connection a message waits, says so, and can be taken back", async () => {
  const page = await open({ route: coffee, scenario: "talkOffline" });
  await lines(page).first().waitFor();
  const before = await mine(page).count();
  await write(page, "for later");
  await page.getByText("waits for a connection").waitFor();
  await byId(page, "line-drop").click();
  await expect.poll(() => mine(page).count()).toBe(before);
});

test("each conversation has its own draft, which survives everything", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  await byId(page, "talk-input").fill("half a thought");
  await byId(page, "talk-row").nth(1).click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toBe("payment/1204");
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("");
  await byId(page, "talk-row").first().click();
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("half a thought");
  await page.reload();
  await expect.poll(() => byId(page, "talk-input").inputValue()).toBe("half a thought");
});

test("the length is counted as the marketplace counts it", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  await byId(page, "talk-input").fill("😀".repeat(500));
  expect(await byId(page, "talk-count").textContent()).toBe("1000 of 1000");
  expect(await byId(page, "talk-send").isEnabled()).toBe(true);
  await byId(page, "talk-input").fill(`${"😀".repeat(500)}a`);
  expect(await byId(page, "talk-send").isEnabled()).toBe(false);
  await page.getByText("1 too many").waitFor();
});

test("the field grows to six rows and no further", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  const height = async (): Promise<number> => (await byId(page, "talk-input").boundingBox())?.height ?? 0;
  const one = await height();
  await byId(page, "talk-input").fill("a\nb\nc");
  const three = await height();
  expect(three).toBeGreaterThan(one + 25);
  await byId(page, "talk-input").fill("a\n".repeat(6));
  const six = await height();
  await byId(page, "talk-input").fill("a\n".repeat(30));
  expect(await height()).toBe(six);
  await byId(page, "talk-input").fill("");
  expect(await height()).toBe(one);
});

test("pictures are picked, pasted and dropped, looked at, and sent without a word", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  const before = await mine(page).count();
  const draft = byId(page, "draft-picture");
  expect(await byId(page, "talk-send").isEnabled()).toBe(false);
  await byId(page, "talk-pick").click();
  await expect.poll(() => draft.count()).toBe(2);
  await dropFiles(page, ["dropped.webp", "photo.heic"]);
  await expect.poll(() => draft.count()).toBe(3);
  expect(await byId(page, "pictures-failed").textContent()).toContain("photo.heic");
  await byId(page, "talk-input").evaluate((input) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(64)], "screen.png", { type: "image/png" }));
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect.poll(() => draft.count()).toBe(4);
  // Full size is a choice for each, where it makes a difference.
  const large = draft.filter({ has: byId(page, "draft-full") }).first();
  const small = await large.getByTestId("draft-size").textContent();
  await large.getByTestId("draft-full").check();
  await expect.poll(() => large.getByTestId("draft-size").textContent()).not.toBe(small);
  await byId(page, "draft-look").first().click();
  await byId(page, "viewer-stage").waitFor();
  expect(await byId(page, "viewer-save").count()).toBe(0);
  await page.keyboard.press("Escape");
  await byId(page, "draft-remove").first().click();
  await expect.poll(() => draft.count()).toBe(3);
  await byId(page, "talk-send").click();
  await page.locator("[data-testid=talk-line][data-state=uploading] [role=progressbar]").waitFor();
  await expect.poll(() => draft.count()).toBe(0);
  await expect.poll(() => mine(page).nth(before).getAttribute("data-state")).toBe("sent");
  expect(await mine(page).nth(before).getByTestId("picture").count()).toBe(3);
});

test("no more than ten pictures go at once, and each beyond is named", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  await dropFiles(page, Array.from({ length: 12 }, (_, at) => `picture-${String(at)}.png`));
  await expect.poll(() => byId(page, "draft-picture").count()).toBe(10);
  const said = byId(page, "pictures-failed");
  await expect.poll(() => said.textContent()).toContain("picture-11.png");
  expect(await said.textContent()).toContain("picture-10.png");
  expect(await byId(page, "talk-pick").isEnabled()).toBe(false);
});

test("words pasted with a picture beside them stay words", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  await byId(page, "talk-input").focus();
  await page.evaluate(() => navigator.clipboard.writeText("just words"));
  await page.keyboard.press("Control+KeyV");
  expect(await byId(page, "talk-input").inputValue()).toBe("just words");
  expect(await byId(page, "draft-picture").count()).toBe(0);
});

test("the viewer shows the preview, then the original; zooms, goes on, saves and closes by the keyboard", async () => {
  const page = await open({ route: coffee });
  await lines(page).first().waitFor();
  await byId(page, "picture").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=viewer-stage][data-whole=true]").waitFor();
  const scale = async (): Promise<number> => Number((await byId(page, "viewer-scale").textContent())?.replace(/\D/g, ""));
  const fitted = await scale();
  await page.keyboard.press("+");
  await page.keyboard.press("+");
  await expect.poll(scale).toBeGreaterThan(fitted);
  await page.keyboard.press("0");
  await expect.poll(scale).toBe(fitted);
  await page.keyboard.press("ArrowRight");
  expect(await byId(page, "viewer-place").textContent()).toBe("2 of 3");
  await byId(page, "viewer-save").click();
  await page.getByText("Saved as", { exact: false }).waitFor();
  await page.keyboard.press("Escape");
  await byId(page, "viewer-stage").waitFor({ state: "detached" });
});

test("a picture that is not there says why, small and large", async () => {
  const page = await open({ route: coffee, scenario: "talkStates" });
  await lines(page).first().waitFor();
  const of = (state: string) => page.locator(`[data-testid=picture][data-state=${state}]`);
  expect(await of("notUploaded").textContent()).toContain("We look again");
  expect(await of("damaged").textContent()).toContain("open safely");
  expect(await of("away").textContent()).toContain("connection");
});

test("a message that was told differently shows both versions, one that came twice is one", async () => {
  const page = await open({ route: coffee, scenario: "talkStates" });
  await lines(page).first().waitFor();
  expect(await byId(page, "line-repeats").textContent()).toBe("arrived 2 times");
  await byId(page, "line-former").click();
  const text = await byId(page, "former").textContent();
  expect(text).toContain("Please pay the invoice only.");
  expect(text).toContain("cheaper");
});

test("a conversation is deleted in two steps and comes back with a new message", async () => {
  const page = await open({ route: "/talks/payment%2F1204" });
  await lines(page).first().waitFor();
  await byId(page, "talk-delete").click();
  expect(await byId(page, "talk-delete-dialog").textContent()).toContain("Nothing is erased at the other side");
  await byId(page, "talk-delete-confirm").click();
  const row = page.locator("[data-testid=talk-row][data-id='payment/1204']");
  await row.waitFor({ state: "detached" });
  await page.evaluate(() => (location.hash = "#/payments/1204"));
  await byId(page, "payment-write").click();
  await lines(page).first().waitFor();
  await write(page, "Once more");
  await row.waitFor();
  await page.getByText("The jar came broken", { exact: false }).first().waitFor();
});

test("one begins from an invoice, a payment, a deal, and finds those of a person", async () => {
  const page = await open({ route: "/pay/92", scenario: "pendingDeal" });
  await byId(page, "pay-ask").click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toMatch(/^invoice\/92\//);
  await page.getByText("Nobody has written yet").waitFor();
  expect(await byId(page, "talk-about").textContent()).toContain("Postcards from the north");
  await write(page, "Are they sent abroad?");
  await page.locator("[data-testid=talk-row]").filter({ hasText: "Are they sent abroad?" }).waitFor();
  await byId(page, "talk-pay").click();
  await expect.poll(() => page.url()).toContain("#/pay/92");
  await page.evaluate(() => (location.hash = "#/payments/1199"));
  await byId(page, "payment-write").click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toBe("payment/1199");
  await page.evaluate(() => (location.hash = "#/talks/deal/1303"));
  await byId(page, "talk-open-deal").click();
  await expect.poll(() => page.url()).toContain("#/deals/1303");
});

test("the list is searched in names, numbers and messages, and shows what is unread only", async () => {
  const page = await open({ route: "/talks", scenario: "pendingDeal" });
  const rows = byId(page, "talk-row");
  await rows.first().waitFor();
  const all = await rows.count();
  await byId(page, "talks-search").fill("linen washable");
  await expect.poll(() => rows.count()).toBe(1);
  await byId(page, "talks-search").fill("client-9");
  await expect.poll(() => rows.first().getAttribute("data-id")).toBe("payment/1204");
  await byId(page, "talks-search").fill("");
  await expect.poll(() => rows.count()).toBe(all);
  await byId(page, "talks-deals").uncheck();
  await expect.poll(() => rows.count()).toBe(all - 2);
  await byId(page, "talks-unread").check();
  await expect.poll(() => rows.count()).toBe(1);
});

test("a notification leads to its conversation, and news about messages do", async () => {
  const page = await open({ route: "/settings" });
  await byId(page, "notifications").waitFor();
  await page.evaluate(() => window.dispatchEvent(new CustomEvent("made-up-place", { detail: "#/talks/payment%2F1204" })));
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toBe("payment/1204");
  await byId(page, "news-bell").click();
  await page.locator("[data-testid=news-row][data-kind=conversationMessage] a").click();
  await expect.poll(() => byId(page, "talk").getAttribute("data-id")).toMatch(/^invoice\/640\//);
});

test("what a notification shows is chosen with an example, and no example tells more than its level", async () => {
  const page = await open({ route: "/settings" });
  const example = byId(page, "notifications-example");
  const texts: string[] = [];
  for (const level of ["nothing", "who", "everything"]) {
    await page.locator("label").filter({ has: byId(page, `notifications-${level}`) }).click();
    texts.push((await example.textContent()) ?? "");
  }
  const [nothing = "", who = "", everything = ""] = texts;
  expect(nothing).not.toContain("shop-1");
  expect(who).toContain("shop-1");
  expect(who).not.toContain("locker");
  expect(everything).toContain("locker");
});

test("messages that come in are said to who cannot see them, and counted while one reads further up", async () => {
  const page = await open({ route: coffee, scenario: "talkArriving", size: { width: 1280, height: 600 } });
  await lines(page).first().waitFor();
  await expect.poll(() => byId(page, "talk-spoken").textContent(), { timeout: 8000 }).toContain("Message that came");
  await byId(page, "talk-log").evaluate((log) => (log.scrollTop = 0));
  await expect.poll(async () => Number(await byId(page, "to-newest").getAttribute("data-count")), { timeout: 12_000 }).toBeGreaterThan(0);
  expect(await byId(page, "talk-log").evaluate((log) => log.scrollTop)).toBe(0);
  await byId(page, "to-newest").click();
  await byId(page, "to-newest").waitFor({ state: "detached" });
});

test("all of it by the keyboard alone", async () => {
  const page = await open({ route: "/talks" });
  await byId(page, "talk-row").first().waitFor();
  await tabTo(page, byId(page, "talks-list"));
  await page.keyboard.press("ArrowDown");
  await byId(page, "talk").waitFor();
  await tabTo(page, byId(page, "talk-log"));
  await tabTo(page, byId(page, "talk-input"));
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=talk-line][data-state=sent]").filter({ hasText: "typed" }).waitFor();
});

test("a narrow window shows the conversation over the list, with what it is about folded on top", async () => {
  const page = await open({ route: "/talks", size: { width: 720, height: 560 } });
  await byId(page, "talk-row").first().click();
  await lines(page).first().waitFor();
  expect(await byId(page, "talk-about").count()).toBe(0);
  await byId(page, "talk-fold").locator("summary").click();
  await byId(page, "talk-open-payment").waitFor();
  await byId(page, "detail-back").click();
  await byId(page, "talk-row").first().waitFor();
  expect(page.url()).toMatch(/#\/talks$/);
});

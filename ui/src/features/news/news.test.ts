import { beforeEach, describe, expect, it } from "vitest";
import { en } from "../../i18n/en";
import { useBackend, type Backend } from "../../ipc/backend";
import type { NewsPage, NewsRow } from "../../ipc/types";
import { line, target } from "./lines";
import { joined, News } from "./news.svelte";

function row(id: number, given: Partial<NewsRow> = {}): NewsRow {
  return {
    id: String(id),
    at: "2026-02-03T12:00:00Z",
    kind: "paymentReceived",
    payment: "1204",
    deal: null,
    invoice: "77",
    person: "client-9",
    sats: "60000",
    fiat: null,
    talk: null,
    read: false,
    ...given,
  };
}

const ids = (rows: readonly NewsRow[]): string => rows.map((one) => one.id).join(" ");

describe("a fresh page over the news read before", () => {
  it("puts the new ones on top and keeps the tail, each once", () => {
    expect(ids(joined([row(5), row(4), row(3)], [row(4), row(3), row(2), row(1)]))).toBe("5 4 3 2 1");
  });

  it("starts over when nothing joins them: what lies between is not known", () => {
    expect(ids(joined([row(90)], [row(5), row(4)]))).toBe("90");
    expect(ids(joined([], [row(5)]))).toBe("");
  });
});

describe("news", () => {
  let pages: NewsPage[];
  let marked: number;
  let told: string[];
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  beforeEach(() => {
    pages = [];
    marked = 0;
    told = [];
    const commands = {
      news: () => Promise.resolve({ status: "ok", data: pages.shift() ?? { rows: [], next: null } }),
      newsRead: () => {
        marked += 1;
        return Promise.resolve({ status: "ok", data: null });
      },
    };
    useBackend({ commands, onChanged: () => Promise.resolve(() => undefined) } as unknown as Backend);
  });

  const make = (): News => new News((rows) => told.push(ids(rows)));

  it("are told once each, and what was there at the start not at all", async () => {
    const news = make();
    pages = [[row(2)], [row(3), row(2)], [row(3), row(2)], [row(4, { read: true }), row(3), row(2)]].map((rows) => ({ rows, next: null }));
    for (let turn = 0; turn < 4; turn += 1) await news.read();
    expect(told).toEqual(["3"]);
  });

  it("are marked as read when they are looked at, and keep their mark while one looks", async () => {
    const news = make();
    pages = [
      { rows: [row(2), row(1, { read: true })], next: null },
      { rows: [row(2, { read: true }), row(1, { read: true })], next: null },
    ];
    await news.read();
    expect(marked).toBe(0);
    news.open();
    await settle();
    expect(marked).toBe(1);
    expect([...news.fresh]).toEqual(["2"]);
    news.close();
    news.open();
    await settle();
    expect([...news.fresh]).toEqual([]);
  });

  it("do not go round in circles with an answer that marks nothing", async () => {
    const news = make();
    pages = Array.from({ length: 9 }, () => ({ rows: [row(2)], next: null }));
    await news.read();
    news.open();
    for (let turn = 0; turn < 6; turn += 1) await news.read();
    expect(marked).toBe(1);
    expect(told).toEqual([]);
  });

  it("end at a page that does not go on", async () => {
    const news = make();
    pages = [
      { rows: [row(3)], next: "3" },
      { rows: [row(2)], next: "2" },
      { rows: [], next: "2" },
    ];
    await news.read();
    await news.more();
    await news.more();
    await news.more();
    expect(ids(news.rows)).toBe("3 2");
    expect(news.next).toBeNull();
  });
});

describe("a piece of news in words", () => {
  it("names the sum unless amounts are hidden, and keeps a name from turning the line round", () => {
    expect(line(row(1), en, false)).toContain("0.00060000 BTC");
    expect(line(row(1), en, true)).not.toMatch(/\d{3}/);
    expect(line(row(1, { person: "\u202eevil" }), en, false)).not.toContain("\u202e");
  });

  it("says something about a kind that is newer than these words", () => {
    const newer = row(1, { kind: "toString" as NewsRow["kind"] });
    expect(line(newer, en, false)).toContain("does not know");
  });

  it("leads to the deal of a deal, to the payment of a payment, and nowhere when there is nothing to open", () => {
    expect(target(row(1, { kind: "dealMessage", deal: "7" }))).toEqual({ name: "deal", id: "7" });
    expect(target(row(1))).toEqual({ name: "payment", id: "1204" });
    expect(target(row(1, { kind: "invoiceIssued", payment: null }))).toEqual({ name: "pay", invoice: "77" });
    expect(target(row(1, { kind: "invoiceWithdrawn", payment: null }))).toBeNull();
  });
});

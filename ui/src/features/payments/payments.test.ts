import { beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend } from "../../ipc/backend";
import type { PaymentRow, PaymentsPage, PaymentsQuery } from "../../ipc/types";
import { merge, payments } from "./payments.svelte";

function row(id: number, comment = ""): PaymentRow {
  return {
    id: String(id),
    direction: "fromMe",
    person: "shop-1",
    comment,
    invoice: "88",
    sats: "240000",
    fiat: null,
    fiatEstimated: false,
    pieces: 1,
    refund: false,
    status: "paid",
    seal: "verified",
    turn: null,
    created: "2026-02-03T12:00:00Z",
  };
}

const ids = (rows: readonly PaymentRow[]): string => rows.map((each) => each.id).join(" ");

describe("a fresh first page over the rows already read", () => {
  it("puts the new ones on top, replaces the changed ones and keeps the tail", () => {
    const old = [row(5), row(4), row(3), row(2), row(1)];
    const merged = merge([row(7), row(6), row(5, "changed"), row(4)], old);
    expect(ids(merged)).toBe("7 6 5 4 3 2 1");
    expect(merged[2]?.comment).toBe("changed");
  });

  it("starts over when nothing joins them: what lies between is not known", () => {
    expect(ids(merge([row(90), row(89)], [row(5), row(4)]))).toBe("90 89");
    expect(ids(merge([], [row(5)]))).toBe("");
  });

  it("drops a row that has left the page", () => {
    expect(ids(merge([row(5), row(3)], [row(5), row(4), row(3), row(2)]))).toBe("5 3 2");
  });
});

describe("the list", () => {
  const asked: PaymentsQuery[] = [];
  let answer: (query: PaymentsQuery) => PaymentsPage | Promise<PaymentsPage>;

  beforeEach(() => {
    asked.length = 0;
    const commands = {
      payments: async (query: PaymentsQuery) => {
        asked.push(query);
        return { status: "ok" as const, data: await answer(query) };
      },
    };
    useBackend({ commands, onChanged: () => Promise.resolve(() => undefined) } as unknown as Backend);
    payments.enter(null);
    payments.enter(`account-${String(Math.random())}`);
  });

  const all = Array.from({ length: 25 }, (_, at) => row(25 - at));
  const paged = (query: PaymentsQuery): PaymentsPage => {
    const from = query.before === null ? 0 : all.findIndex((each) => each.id === query.before) + 1;
    const rows = all.slice(from, from + 10);
    const last = rows.at(-1)?.id ?? null;
    return { rows, next: from + 10 < all.length ? last : null, asOf: null };
  };

  it("pages to the end, each row once, and then asks no more", async () => {
    answer = paged;
    await payments.read();
    await Promise.all([payments.more(), payments.more()]);
    await payments.more();
    await payments.more();
    expect(ids(payments.rows)).toBe(ids(all));
    expect(asked.map((query) => query.before)).toEqual([null, "16", "6"]);
    expect(payments.whole).toBe(true);
  });

  it("keeps what was read further down when the first page is read again", async () => {
    answer = paged;
    await payments.read();
    await payments.more();
    await payments.read();
    expect(payments.rows.length).toBe(20);
    await payments.more();
    expect(ids(payments.rows)).toBe(ids(all));
  });

  it("does not loop on a page that goes nowhere", async () => {
    answer = (query) => ({ rows: query.before === null ? [row(2)] : [], next: "2", asOf: null });
    await payments.read();
    await payments.more();
    await payments.more();
    expect(asked.length).toBe(2);
  });

  it("shows the answer to the last question, however late an older one comes", async () => {
    let release: (page: PaymentsPage) => void = () => undefined;
    answer = (query) =>
      query.text === "slow"
        ? new Promise((resolve) => (release = resolve))
        : { rows: [row(1, query.text)], next: null, asOf: null };
    payments.ask({ text: "slow" });
    await vi.waitFor(() => expect(asked.length).toBe(1));
    payments.ask({ text: "quick" });
    await vi.waitFor(() => expect(payments.rows[0]?.comment).toBe("quick"));
    release({ rows: [row(9, "slow")], next: null, asOf: null });
    await Promise.resolve();
    expect(payments.rows[0]?.comment).toBe("quick");
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../ipc/call";
import { WINDOW, Windows, type Piece } from "./windows.svelte";

interface Row {
  id: string;
  text: string;
}

const answerTime = 20;

/** A list somewhere else, that takes its time to answer and may change meanwhile. */
class Elsewhere {
  rows: Row[];
  asked: { from: number; anchor: string | null }[] = [];
  onTheirWay = 0;
  most = 0;
  broken = false;

  constructor(count: number) {
    this.rows = Array.from({ length: count }, (_, at) => ({ id: String(count - at), text: "" }));
  }

  add(count: number): void {
    const top = Number(this.rows[0]?.id ?? 0);
    this.rows = [...Array.from({ length: count }, (_, at) => ({ id: String(top + count - at), text: "new" })), ...this.rows];
  }

  load = async (from: number, count: number, anchor: string | null): Promise<Piece<Row>> => {
    this.asked.push({ from, anchor });
    this.onTheirWay += 1;
    this.most = Math.max(this.most, this.onTheirWay);
    await new Promise((resolve) => setTimeout(resolve, answerTime));
    this.onTheirWay -= 1;
    if (this.broken) throw new FaultError({ code: "internal", money: "no", next: null, values: {}, serverText: null });
    const at = this.rows.findIndex((row) => row.id === anchor);
    return { rows: this.rows.slice(from, from + count), from, total: this.rows.length, anchorIndex: at < 0 ? null : at };
  };
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(5000).then(() => undefined);
const shown = (list: Windows<Row>, first: number, last: number): (string | undefined)[] =>
  Array.from({ length: last - first + 1 }, (_, at) => list.row(first + at)?.id);

describe("a list read by windows", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  async function start(count: number): Promise<{ far: Elsewhere; list: Windows<Row> }> {
    const far = new Elsewhere(count);
    const list = new Windows<Row>((row) => row.id, far.load);
    void list.begin();
    await settle();
    return { far, list };
  }

  it("reads what is in sight and little else, however long it is", async () => {
    const { far, list } = await start(100_000);
    expect(list.total).toBe(100_000);
    list.see(50_000, 50_014);
    await settle();
    expect(shown(list, 50_000, 50_014)).toEqual(far.rows.slice(50_000, 50_015).map((row) => row.id));
    expect(list.row(20_000)).toBeUndefined();
    expect(far.asked.length).toBeLessThan(5);
  });

  it("follows a thumb dragged over all of it, two readings at a time, and ends where the thumb ends", async () => {
    const { far, list } = await start(100_000);
    far.asked.length = 0;
    for (let at = 0; at < 300; at += 1) {
      list.see(at * 330, at * 330 + 14);
      await vi.advanceTimersByTimeAsync(4);
    }
    await settle();
    expect(far.most).toBeLessThanOrEqual(2);
    expect(far.asked.length).toBeLessThan(140);
    expect(shown(list, 299 * 330, 299 * 330 + 14)).not.toContain(undefined);
  });

  it("keeps what one reads in its place when rows come in above it", async () => {
    const { far, list } = await start(3000);
    list.see(700, 714);
    await settle();
    const before = shown(list, 700, 714);
    far.add(3);
    list.renew();
    await settle();
    expect(list.shift).toBe(3);
    expect(list.total).toBe(3003);
    expect(shown(list, 703, 717)).toEqual(before);
  });

  it("shows new rows at once to whoever is at the top", async () => {
    const { far, list } = await start(300);
    list.see(0, 14);
    far.add(2);
    list.renew();
    await settle();
    expect(list.shift).toBe(0);
    expect(list.row(0)?.id).toBe("302");
  });

  it("knows where the chosen row is after it moved, and finds one it never read", async () => {
    const { far, list } = await start(3000);
    list.see(100, 114);
    await settle();
    const chosen = list.row(110)?.id ?? "";
    expect(list.place(chosen)).toBe(110);
    far.add(4);
    list.renew();
    await settle();
    expect(list.place(chosen)).toBe(114);
    expect(list.place("5")).toBeNull();
    const found = list.find("5");
    await settle();
    expect(await found).toBe(far.rows.findIndex((row) => row.id === "5"));
    const none = list.find("no such row");
    await settle();
    expect(await none).toBeNull();
  });

  it("never shows a row in the place of another while nothing moved, and takes changes in place", async () => {
    const { far, list } = await start(600);
    list.see(0, 14);
    await settle();
    far.rows = far.rows.map((row) => (row.id === "595" ? { ...row, text: "changed" } : row));
    list.renew();
    expect(list.row(5)?.text).toBe("");
    await settle();
    expect(list.row(5)).toEqual({ id: "595", text: "changed" });
  });

  it("notices by the count that it changed between two answers", async () => {
    const { far, list } = await start(3000);
    list.see(1000, 1014);
    await settle();
    far.add(1);
    list.see(2000, 2014);
    await settle();
    expect(shown(list, 2000, 2014)).toEqual(far.rows.slice(2000, 2015).map((row) => row.id));
  });

  it("shows the answer to the last question, however late an older one comes", async () => {
    let text = "first";
    const waiting: (() => void)[] = [];
    const list = new Windows<Row>(
      (row) => row.id,
      async () => {
        const mine = text;
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { rows: [{ id: "1", text: mine }], from: 0, total: 1 };
      },
    );
    void list.begin();
    text = "second";
    void list.begin();
    waiting[1]?.();
    await settle();
    waiting[0]?.();
    await settle();
    expect(list.row(0)?.text).toBe("second");
  });

  it("says why it could not be read, keeps what it has, and reads on when asked again", async () => {
    const { far, list } = await start(3000);
    far.broken = true;
    list.see(1000, 1014);
    await settle();
    expect(list.fault?.code).toBe("internal");
    expect(list.row(0)?.id).toBe("3000");
    const asked = far.asked.length;
    list.see(1001, 1015);
    await settle();
    expect(far.asked.length).toBe(asked);
    far.broken = false;
    list.retry();
    await settle();
    expect(list.fault).toBeNull();
    expect(shown(list, 1000, 1014)).not.toContain(undefined);
  });

  it("reads no more often than a person could see while changes come in crowds", async () => {
    const { far, list } = await start(3000);
    far.asked.length = 0;
    for (let at = 0; at < 1000; at += 1) {
      list.renew();
      await vi.advanceTimersByTimeAsync(2);
    }
    // Two windows each time: the one in sight and the margin below it.
    expect(far.asked.length).toBeLessThan(24);
  });

  it("shows the truth after any course of scrolling and change", async () => {
    let seed = 7;
    const dice = (sides: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % sides;
    };
    const { far, list } = await start(2000);
    let first = 0;
    for (let turn = 0; turn < 300; turn += 1) {
      const shift = list.shift;
      const what = dice(4);
      if (what === 0) {
        far.add(1 + dice(60));
        list.renew();
      } else if (what === 1 && far.rows.length > 1000) {
        far.rows = far.rows.filter((_, at) => at !== dice(far.rows.length));
        list.renew();
      } else {
        first = dice(Math.max(1, list.total - 15));
        list.see(first, first + 14);
      }
      await vi.advanceTimersByTimeAsync(dice(40));
      first += list.shift - shift;
    }
    list.renew();
    await settle();
    list.see(Math.max(0, first), Math.max(0, first) + 14);
    await settle();
    const at = Math.max(0, first);
    expect(shown(list, at, at + 14)).toEqual(Array.from({ length: 15 }, (_, next) => far.rows[at + next]?.id));
    expect(far.asked.every((one) => one.from % WINDOW === 0 || one.anchor !== null)).toBe(true);
  });
});

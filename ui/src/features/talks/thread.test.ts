import { describe, expect, it } from "vitest";
import type { TalkLine, TalkLines } from "../../ipc/types";
import { joined } from "./thread.svelte";

const line = (id: number, text = ""): TalkLine => ({
  id: String(id),
  author: "them",
  text,
  pictures: [],
  created: "2026-01-01T00:00:00Z",
  state: "received",
  fault: null,
  progress: null,
  repeats: 0,
  former: [],
});
const run = (from: number, to: number): TalkLine[] => Array.from({ length: to - from + 1 }, (_, at) => line(from + at));
const newest = (from: number, to: number, earlier: boolean): TalkLines => ({ lines: run(from, to), earlier, later: false, total: to });
const ids = (lines: TalkLine[] | null): number[] | null => lines?.map((one) => Number(one.id)) ?? null;

describe("the newest lines", () => {
  it("continue the known ones, and take their place where both have them", () => {
    const fresh = newest(50, 70, true);
    fresh.lines[0] = line(50, "changed");
    const all = joined(run(1, 60), fresh);
    expect(ids(all)).toEqual(ids(run(1, 70)));
    expect(all?.[49]?.text).toBe("changed");
  });

  it("drop what is no longer there at the end", () => {
    expect(ids(joined([...run(1, 10), line(99)], newest(5, 10, true)))).toEqual(ids(run(1, 10)));
  });

  it("are all there is when nothing is older, or nothing was known", () => {
    expect(ids(joined([line(77)], newest(1, 3, false)))).toEqual([1, 2, 3]);
    expect(ids(joined([], newest(5, 9, true)))).toEqual([5, 6, 7, 8, 9]);
    expect(ids(joined(run(8, 9), newest(5, 10, true)))).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it("are not joined over a gap", () => {
    expect(joined(run(1, 60), newest(100, 160, true))).toBeNull();
  });
});

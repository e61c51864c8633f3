import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { about, onChanged, receive } from "./events";
import type { Topic } from "./types";

describe("changes", () => {
  let frames: (() => void)[] = [];

  beforeEach(() => {
    frames = [];
    vi.stubGlobal("document", { hidden: false });
    vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
  });
  afterEach(() => vi.unstubAllGlobals());

  it("are told once per frame, each topic once", () => {
    const told: Topic[][] = [];
    const stop = onChanged((topics) => told.push(topics));
    receive({ topics: [{ kind: "payments" }, { kind: "payment", id: "1" }] });
    receive({ topics: [{ kind: "payments" }, { kind: "payment", id: "2" }] });
    expect(told).toEqual([]);
    expect(frames.length).toBe(1);
    for (const frame of frames) frame();
    expect(told).toEqual([[{ kind: "payments" }, { kind: "payment", id: "1" }, { kind: "payment", id: "2" }]]);
    stop();
    receive({ topics: [{ kind: "app" }] });
    for (const frame of frames) frame();
    expect(told.length).toBe(1);
  });

  it("are told apart by what they are about", () => {
    const topics: Topic[] = [{ kind: "payment", id: "1" }, { kind: "deals" }];
    expect(about(topics, "payment", "1")).toBe(true);
    expect(about(topics, "payment", "2")).toBe(false);
    expect(about(topics, "payment")).toBe(true);
    expect(about(topics, "deals")).toBe(true);
    expect(about(topics, "app")).toBe(false);
  });
});

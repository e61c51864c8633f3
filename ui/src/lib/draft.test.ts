import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useBackend, type Backend } from "../ipc/backend";
import { setCurrent } from "./current.svelte";
import { Draft } from "./draft.svelte";

describe("a draft", () => {
  const kept: [string, string][] = [];
  let stored = "";
  let release: (() => void) | null = null;

  beforeEach(() => {
    vi.useFakeTimers();
    kept.length = 0;
    stored = "";
    release = null;
    setCurrent("one");
    const commands = {
      keepDraft: (_account: string, place: string, text: string) => {
        kept.push([place, text]);
        return Promise.resolve({ status: "ok" as const, data: null });
      },
      draft: async () => {
        if (release !== null) await new Promise<void>((done) => (release = done));
        return { status: "ok" as const, data: stored };
      },
    };
    useBackend({ commands } as unknown as Backend);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it("is kept once after a pause, and at once when the person leaves", async () => {
    const draft = new Draft("deal/12");
    draft.type("h");
    draft.type("he");
    await vi.advanceTimersByTimeAsync(399);
    expect(kept).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(kept).toEqual([["deal/12", "he"]]);
    draft.type("hello");
    draft.flush();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kept).toEqual([["deal/12", "he"], ["deal/12", "hello"]]);
  });

  it("is forgotten with an empty text", async () => {
    const draft = new Draft("deal/12");
    draft.type("x");
    await vi.advanceTimersByTimeAsync(400);
    draft.type("");
    draft.flush();
    await vi.advanceTimersByTimeAsync(0);
    expect(kept.at(-1)).toEqual(["deal/12", ""]);
  });

  it("comes back, but not over what was typed meanwhile", async () => {
    stored = "half a thought";
    const first = new Draft("deal/12");
    await first.restore();
    expect(first.text).toBe("half a thought");

    release = () => undefined;
    const second = new Draft("deal/12");
    const reading = second.restore();
    await vi.advanceTimersByTimeAsync(0);
    second.type("new");
    release();
    await reading;
    expect(second.text).toBe("new");
    await vi.advanceTimersByTimeAsync(400);
    expect(kept).toEqual([["deal/12", "new"]]);
  });

  it("is not written into the data of another account", async () => {
    const draft = new Draft("deal/12");
    draft.type("for the first account");
    setCurrent("two");
    draft.flush();
    await vi.advanceTimersByTimeAsync(1000);
    expect(kept).toEqual([]);
  });
});

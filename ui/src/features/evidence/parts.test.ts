import { describe, expect, it } from "vitest";
import type { BundleItem, EvidenceItem } from "../../ipc/types";
import { bytesOf, counted, found, grouped } from "./parts";

function item(id: string, given: Partial<EvidenceItem> = {}): EvidenceItem {
  return { id, kind: "message", at: null, text: "", bytes: "100", ...given };
}

describe("the parts of a bundle", () => {
  it("stand in groups of a fixed order, none twice and none lost", () => {
    const items = [item("a"), item("b", { kind: "receipt" }), item("c"), item("d", { kind: "operation" })];
    const groups = grouped(items);
    expect(groups.map((group) => group.kind)).toEqual(["receipt", "message", "operation"]);
    expect(groups.flatMap((group) => group.items).length).toBe(items.length);
  });

  it("are found however a number is parted", () => {
    const items = [item("a", { text: "Card: 4276 1600-1234 5678, thanks" }), item("b", { text: "Hello" })];
    for (const text of ["4276160012345678", "4276 1600", "1234-5678", "CARD"]) {
      expect(found(items, text).map((one) => one.id)).toEqual(["a"]);
    }
    expect(found(items, "")).toEqual([]);
    expect(found(items, "  ")).toEqual([]);
  });

  it("have a size together that no part can spoil", () => {
    expect(bytesOf([item("a", { bytes: "9007199254740993" }), item("b", { bytes: "1" })])).toBe(9007199254740994n);
    expect(bytesOf([item("a", { bytes: "-5" }), item("b", { bytes: "many" })])).toBe(0n);
  });

  it("are counted by state", () => {
    const part = (state: BundleItem["state"]): BundleItem => ({ id: state, kind: "message", state, path: "" });
    expect(counted([part("leftOut"), part("intact"), part("intact"), part("altered")])).toEqual([
      { state: "intact", count: 2 },
      { state: "leftOut", count: 1 },
      { state: "altered", count: 1 },
    ]);
  });
});

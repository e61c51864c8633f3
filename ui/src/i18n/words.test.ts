import { describe, expect, it } from "vitest";
import source from "../ipc/bindings?raw";
import { en } from "./en";
import { pluralEn, pluralRu } from "./plural";
import { ru } from "./ru";

/** Every leaf of the words, by its path. */
function leaves(words: object, path = ""): [string, unknown][] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) => {
    const here = path === "" ? key : `${path}.${key}`;
    return typeof value === "object" && value !== null ? leaves(value, here) : [[here, value] as [string, unknown]];
  });
}

/** A leaf as text: functions are called with numbers, names and an object that has every value. */
function said(leaf: unknown): string {
  if (typeof leaf === "string") return leaf;
  if (typeof leaf !== "function") throw new Error("neither words nor a function that makes them");
  const values = new Proxy({}, { get: (_, name) => (name === Symbol.toPrimitive ? () => "7" : name === "toString" ? () => "7" : "7") });
  const call = leaf as (...args: unknown[]) => unknown;
  const text = [values, 7, 7, 7];
  const made = leaf.length <= 1 ? attempt(call, values) : call(...text.slice(1, leaf.length + 1));
  if (typeof made !== "string") throw new Error("not text");
  return made;
}

// One value is a count, a name, or the values of a fault: whichever it is, there must be words.
function attempt(call: (...args: unknown[]) => unknown, values: unknown): unknown {
  for (const value of [values, 7, "7"]) {
    try {
      const made = call(value);
      if (typeof made === "string" && made !== "" && !made.includes("undefined") && !made.includes("NaN")) return made;
    } catch {
      // The next kind of value.
    }
  }
  return undefined;
}

const english = leaves(en);
const russian = new Map(leaves(ru));

// Names that are the same in both languages.
const SAME = /^(BTC|Kvit|English|Русский|№ .*|[\d\s%.,·—-]*)$/;

describe("words", () => {
  it("are the same set in both languages", () => {
    // Payment systems have their names from the catalog, in English; a language adds those it calls otherwise.
    const own = (paths: Iterable<string>): string[] => [...paths].filter((path) => !path.startsWith("pay.systems.")).sort();
    expect(own(russian.keys())).toEqual(own(english.map(([path]) => path)));
  });

  it.each(english)("%s says something, and in Russian says it in Russian", (path, leaf) => {
    const first = said(leaf);
    const second = said(russian.get(path));
    expect(first.trim()).not.toBe("");
    if (SAME.test(first)) return;
    expect(first).not.toMatch(/[а-яё]/i);
    expect(second).toMatch(/[а-яё]/i);
  });

  it("never exclaim, never say ты", () => {
    for (const leaf of [...english.map(([, value]) => value), ...russian.values()]) {
      const text = said(leaf);
      expect(text).not.toMatch(/!/);
      expect(text).not.toMatch(/(^|[^а-яё])(ты|тебя|тебе|твой|твоя|твоё|твои)([^а-яё]|$)/i);
      expect(text).not.toMatch(/\boops\b/i);
    }
  });

  it("exist for every fault code of the contract", () => {
    const block = /export type FaultCode =([^;]*);/.exec(source)?.[1] ?? "";
    const codes = [...block.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? "");
    expect(codes.length).toBeGreaterThan(60);
    for (const words of [en, ru]) {
      expect(Object.keys(words.faults.code).sort()).toEqual([...codes].sort());
    }
  });
});

describe("plural forms", () => {
  it("are right in Russian", () => {
    const forms = { one: "часть", few: "части", many: "частей" };
    const said: Record<number, string> = {};
    for (const count of [0, 1, 2, 4, 5, 11, 12, 14, 21, 22, 25, 101, 111, 112]) said[count] = pluralRu(count, forms);
    expect(said).toEqual({
      0: "частей", 1: "часть", 2: "части", 4: "части", 5: "частей", 11: "частей", 12: "частей", 14: "частей",
      21: "часть", 22: "части", 25: "частей", 101: "часть", 111: "частей", 112: "частей",
    });
  });

  it("are right in English", () => {
    expect([0, 1, 2, 11, 21].map((count) => pluralEn(count, { one: "piece", other: "pieces" }))).toEqual([
      "pieces", "piece", "pieces", "pieces", "pieces",
    ]);
  });
});

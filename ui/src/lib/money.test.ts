import { describe, expect, it } from "vitest";
import { btcParts, fiatText, GROUP, plainBtc, satParts, satsOf, typedBtc, typedFiat } from "./money";

/** A stream of numbers that is the same in every run. */
function stream(seed: number): () => bigint {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return state >> 11n;
  };
}

describe("bitcoin amounts", () => {
  it("shows eight places in groups and parts off the zeros that do not count", () => {
    const g = GROUP;
    expect(btcParts(240_000n)).toEqual({ sign: "", strong: `0.002${g}4`, faint: `00${g}00` });
    expect(btcParts(-31_250n)).toEqual({ sign: "\u2212", strong: `0.000${g}312${g}5`, faint: "0" });
    expect(btcParts(1n)).toEqual({ sign: "", strong: `0.000${g}000${g}01`, faint: "" });
    expect(btcParts(1_000_000_000n)).toEqual({ sign: "", strong: "10", faint: `.000${g}000${g}00` });
    expect(btcParts(0n)).toEqual({ sign: "", strong: "0", faint: `.000${g}000${g}00` });
    expect(btcParts(5n, "always").sign).toBe("+");
    expect(btcParts(0n, "always").sign).toBe("");
    expect(btcParts(123_456_700_000_000n).strong.startsWith(`1${g}234${g}567`)).toBe(true);
  });

  it("loses no satoshi: parts and plain text say the same amount, and typing it back gives it again", () => {
    const next = stream(7);
    for (let at = 0; at < 3000; at += 1) {
      const sats = next() % 2_100_000_000_000_000n;
      const { strong, faint } = btcParts(sats);
      expect((strong + faint).replaceAll(GROUP, "")).toBe(plainBtc(sats));
      expect(typedBtc(plainBtc(sats))).toEqual({ ok: true, value: sats });
      expect(typedBtc(plainBtc(sats).replace(".", ","))).toEqual({ ok: true, value: sats });
      expect(typedBtc(strong + faint)).toEqual({ ok: true, value: sats });
      expect(BigInt(satParts(sats).strong.replaceAll(GROUP, ""))).toBe(sats);
    }
  });

  it("never dims a digit that counts", () => {
    const next = stream(11);
    for (let at = 0; at < 1000; at += 1) {
      const { faint } = btcParts(next() % 100_000_000_000n);
      expect(faint).toMatch(new RegExp(`^[.0${GROUP}]*$`));
    }
  });

  it("takes only whole satoshi", () => {
    expect(satsOf("12")).toBe(12n);
    expect(satsOf("-12")).toBe(-12n);
    for (const text of ["", " 1", "1.0", "1e3", "0x10", "NaN", "1".repeat(21)]) expect(satsOf(text)).toBeNull();
  });
});

describe("typed amounts", () => {
  it("takes a point and a comma as the decimal mark", () => {
    expect(typedBtc("0.001")).toEqual({ ok: true, value: 100_000n });
    expect(typedBtc("0,001")).toEqual({ ok: true, value: 100_000n });
    expect(typedBtc(".5")).toEqual({ ok: true, value: 50_000_000n });
    expect(typedBtc("5.")).toEqual({ ok: true, value: 500_000_000n });
    expect(typedBtc("007")).toEqual({ ok: true, value: 700_000_000n });
    expect(typedFiat("1 234,5")).toEqual({ ok: true, value: "1234.50" });
    expect(typedFiat("12.30")).toEqual({ ok: true, value: "12.30" });
  });

  it("says why it takes nothing else", () => {
    const why = (text: string): string => {
      const typed = typedBtc(text);
      return typed.ok ? "taken" : typed.problem;
    };
    expect(why("")).toBe("empty");
    expect(why("  ")).toBe("empty");
    expect(why("1.234,5")).toBe("twoSeparators");
    expect(why("1,234,567")).toBe("twoSeparators");
    expect(why("1e5")).toBe("notANumber");
    expect(why("0x1")).toBe("notANumber");
    expect(why("٣")).toBe("notANumber");
    expect(why(".")).toBe("notANumber");
    expect(why("-1")).toBe("negative");
    expect(why("\u22121")).toBe("negative");
    expect(why("0.000000001")).toBe("tooManyPlaces");
    expect(why("0.100000000")).toBe("taken");
    expect(why("21000000")).toBe("taken");
    expect(why("21000000.00000001")).toBe("tooLarge");
    expect(why("9".repeat(300))).toBe("tooLarge");
    const fiat = typedFiat("1.005");
    expect(fiat.ok ? "taken" : fiat.problem).toBe("tooManyPlaces");
  });
});

describe("fiat", () => {
  it("has the mark of the language and keeps every digit", () => {
    expect(fiatText("1234567.80", "en")).toBe(`1${GROUP}234${GROUP}567.80`);
    expect(fiatText("1234567.80", "ru")).toBe(`1${GROUP}234${GROUP}567,80`);
    expect(fiatText("-5.00", "en")).toBe("\u22125.00");
    expect(fiatText("12345678901234567890.12", "en").replaceAll(GROUP, "")).toBe("12345678901234567890.12");
  });

  it("leaves alone what is no number", () => {
    for (const text of ["", "abc", "1,5", "1.2.3", "<b>1</b>"]) expect(fiatText(text, "ru")).toBe(text);
  });
});

import { describe, expect, it } from "vitest";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import { version } from "./version";

describe("what the marketplace said, in words", () => {
  it("is said in the words of the language where the contract closes the set", () => {
    expect(version("status", "paid", false, en)).toBe("Paid");
    expect(version("status", "pending", true, ru)).toBe("Ожидает");
    expect(version("presence", "gone", true, ru)).toBe("нет в списке");
    expect(version("receipt", "does_not_match", true, en)).toBe("does not match");
    expect(version("pieces", "2", false, ru)).toBe("2 части");
  });

  it("counts what was handed over, and how much of it is unchanged", () => {
    expect(version("secret", "2", false, en)).toBe("2 pieces");
    expect(version("secret", "0", true, en)).toBe("none of them unchanged");
    expect(version("secret", "1", true, ru)).toBe("из них без изменений: 1");
  });

  it("leaves everything else to be shown as a stranger's text", () => {
    for (const [about, value] of [
      ["status", "toString"],
      ["pieces", "-1"],
      ["pieces", "many"],
      ["secret", "1e9"],
      ["invoice", "88 or so"],
      ["receipt", "CryptoAmount: 0.0024"],
      ["buyer", "client-9"],
      ["seller", "shop-1"],
      ["presence", "maybe"],
      ["amount", "240000"],
    ] as const) {
      expect(version(about, value, false, en)).toBeNull();
    }
  });
});

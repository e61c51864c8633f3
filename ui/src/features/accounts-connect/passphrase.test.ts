import { describe, expect, it } from "vitest";
import { strength } from "./passphrase";

describe("a passphrase", () => {
  it("needs ten characters, counted as a person counts them", () => {
    expect(strength("")).toBe("short");
    expect(strength("ninechars")).toBe("short");
    expect(strength("😀😁😂🤣😃😄😅😆😉")).toBe("short");
    expect(strength("ten chars.")).toBe("enough");
  });

  it("is told when it is long but of a shape that is tried first", () => {
    for (const text of ["1234567890", "2024-12-31 00:00".replace(":", " "), "aaaaaaaaaaaa", "abababababab", "secretsecret", "kvit kvit kvit"]) {
      expect(strength(text), text).toBe("simple");
    }
  });

  it("is good when it is long and is none of those", () => {
    expect(strength("tent lamp river coin")).toBe("good");
    expect(strength("зонт лампа река монета")).toBe("good");
    expect(strength("tent lamp riv")).toBe("enough");
  });
});

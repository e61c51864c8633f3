import { describe, expect, it } from "vitest";
import { oneLine, pieces, target } from "./strange";

const marks = (text: string): string[] => pieces(text).flatMap((piece) => (piece.kind === "mark" ? [piece.text] : []));

describe("text of strangers", () => {
  it("shows what turns the direction of writing around or cannot be seen", () => {
    expect(marks("pay \u202egnihton\u202c now")).toEqual(["RLO", "PDF"]);
    expect(marks("\u2066a\u2069\u200b\u200e\u00ad\ufeff")).toEqual(["LRI", "PDI", "ZWSP", "LRM", "SHY", "BOM"]);
    expect(marks("a\u0000b\u001b[31mc\u0085")).toEqual(["U+0000", "U+001B", "U+0085"]);
    expect(marks("\ud800x")).toEqual(["U+D800"]);
    expect(marks("\u{e0041}")).toEqual(["U+E0041"]);
  });

  it("leaves ordinary text alone", () => {
    for (const text of ["Coffee, 250 g", "Иван-чай", "日本語", "a\n\tb", "👨\u200d👩\u200d👧", "שלום"]) {
      expect(pieces(text)).toEqual([{ kind: "text", text }]);
    }
  });

  it("marks a joiner that joins no emoji", () => {
    expect(marks("pay\u200dpal")).toEqual(["ZWJ"]);
  });

  it("loses nothing between the marks", () => {
    const text = "a\u202eb\u200bc\r\nd";
    expect(pieces(text).map((piece) => (piece.kind === "mark" ? "" : piece.text)).join("")).toBe("abc\nd");
  });

  it("marks words of letters that pose as others, and no others", () => {
    const odd = (text: string): string[] => pieces(text).flatMap((piece) => (piece.kind === "odd" ? [piece.text] : []));
    expect(odd("Log in at p\u0430ypal today")).toEqual(["p\u0430ypal"]);
    expect(odd("\u0410pple \u03bfpen")).toEqual(["\u0410pple", "\u03bfpen"]);
    for (const text of ["USB-кабель", "IT-специалист", "Иван-чай 100 г", "µm", "naïve café", "ελληνικά", "Wi-Fi дома", "日本語 text"]) {
      expect(odd(text)).toEqual([]);
    }
  });

  it("keeps stacks of accents from covering what stands beside them", () => {
    const stack = `a${"\u0336".repeat(40)}b`;
    const shown = pieces(stack).map((piece) => piece.text).join("");
    expect(shown).toBe(`a${"\u0336".repeat(5)}[+35]b`);
    expect(pieces("e\u0301\u0302")).toEqual([{ kind: "text", text: "e\u0301\u0302" }]);
  });

  it("counts a crowd of marks instead of drawing it", () => {
    expect(marks("a\u200e\u200e\u200eb\u200f")).toEqual(["LRM × 3", "RLM"]);
    expect(pieces("\u200e".repeat(100_000))).toHaveLength(1);
  });

  it("tells links apart where they are asked for, and leaves everything in its place", () => {
    const text = "See https://example.org/a?b=1, or (http://аррӏе.example/pay). javascript:alert(1) https://a@b.example";
    expect(pieces(text, true).filter((piece) => piece.kind === "link").map((piece) => piece.text)).toEqual([
      "https://example.org/a?b=1",
      "http://аррӏе.example/pay",
    ]);
    expect(pieces(text, true).map((piece) => piece.text).join("")).toBe(text);
    expect(pieces(text).some((piece) => piece.kind === "link")).toBe(false);
  });

  it("makes one line of a name", () => {
    expect(oneLine(" a\n b\u202e ")).toBe("a b␣");
  });
});

describe("links of strangers", () => {
  it("tell their real host", () => {
    expect(target("https://example.org/a?b=1")).toEqual({ href: "https://example.org/a?b=1", host: "example.org", foreign: false });
    expect(target("https://pаypal.com")?.host).toBe("xn--pypal-4ve.com");
    expect(target("https://pаypal.com")?.foreign).toBe(true);
    expect(target("http://abc.onion:8080/x")?.host).toBe("abc.onion:8080");
  });

  it("are none when they do something else or hide the host", () => {
    for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "tauri://localhost", "not a link", ""]) {
      expect(target(text)).toBeNull();
    }
    expect(target("https://bank.example@evil.example/")).toBeNull();
  });
});

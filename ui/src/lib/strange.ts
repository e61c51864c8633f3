// Text of strangers: what can deceive the eye is made visible.

/** Longest text shown at once, in characters; the rest waits behind a button. */
export const SHOWN = 1200;

const NAMED: Record<number, string> = {
  0x00ad: "SHY",
  0x034f: "CGJ",
  0x061c: "ALM",
  0x115f: "HANGUL",
  0x1160: "HANGUL",
  0x17b4: "KHMER",
  0x17b5: "KHMER",
  0x180e: "MVS",
  0x200b: "ZWSP",
  0x200c: "ZWNJ",
  0x200d: "ZWJ",
  0x200e: "LRM",
  0x200f: "RLM",
  0x2028: "LS",
  0x2029: "PS",
  0x202a: "LRE",
  0x202b: "RLE",
  0x202c: "PDF",
  0x202d: "LRO",
  0x202e: "RLO",
  0x2060: "WJ",
  0x2066: "LRI",
  0x2067: "RLI",
  0x2068: "FSI",
  0x2069: "PDI",
  0x3164: "HANGUL",
  0xfeff: "BOM",
  0xffa0: "HANGUL",
};

export type Piece = { kind: "text"; text: string } | { kind: "mark"; text: string };

function mark(code: number): string | null {
  if (code === 0x0a || code === 0x09) return null;
  const name = NAMED[code];
  if (name !== undefined) return name;
  const hex = (): string => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return hex();
  // Unpaired surrogates, invisible operators, tags, private use.
  if (code >= 0xd800 && code <= 0xdfff) return hex();
  if (code >= 0x2061 && code <= 0x206f) return hex();
  if (code >= 0xe0000 && code <= 0xe0fff) return hex();
  if ((code >= 0xe000 && code <= 0xf8ff) || code >= 0xf0000) return hex();
  return null;
}

// A joiner inside an emoji is what makes it one; anywhere else it hides something.
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;

/** Parts text into what can be shown as it is and marks for what cannot be seen. Lines end in LF. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let run = "";
  const symbols = [...text.replace(/\r\n?/g, "\n")];
  symbols.forEach((symbol, at) => {
    const code = symbol.codePointAt(0) ?? 0;
    let name = mark(code);
    if (code === 0x200d && EMOJI.test(symbols[at - 1] ?? "") && EMOJI.test(symbols[at + 1] ?? "")) name = null;
    if (name === null) {
      run += symbol;
      return;
    }
    if (run !== "") out.push({ kind: "text", text: run });
    run = "";
    out.push({ kind: "mark", text: name });
  });
  if (run !== "") out.push({ kind: "text", text: run });
  return out;
}

/** One line without anything that cannot be seen, for a name in a list or a title. */
export function oneLine(text: string): string {
  return pieces(text)
    .map((piece) => (piece.kind === "text" ? piece.text.replace(/\s+/g, " ") : `\u2423`))
    .join("")
    .trim();
}

/** What a link really leads to. */
export interface Target {
  /** The address as the browser reads it, host in punycode. */
  href: string;
  /** Host, in punycode when it is not plain ASCII. */
  host: string;
  /** The host has letters outside ASCII: it may pose as another. */
  foreign: boolean;
}

/** Reads a link; null for anything but http and https without a password in it. */
export function target(text: string): Target | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  if (url.username !== "" || url.password !== "" || url.hostname === "") return null;
  return { href: url.href, host: url.host, foreign: /(^|\.)xn--/.test(url.hostname) };
}

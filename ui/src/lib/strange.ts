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

/** Most characters shown even when all is asked for: nobody reads on, and the window must not stall. */
export const WHOLE = 20_000;

/** Accents and the like on one letter before the rest is only counted: no alphabet needs more. */
const STACK = 5;

/** A part of a text: as it is, a mark for what cannot be seen, a word of letters that pose as others, or a link. */
export type Piece = { kind: "text" | "mark" | "odd" | "link"; text: string };

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
const MARK = /^\p{M}$/u;
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f/u;

const LATIN = /\p{Script=Latin}/u;
const OTHER = [/\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u, /\p{Script=Cherokee}/u];
const WORD = /[\p{L}\p{M}]{3,}/gu;

/** A word whose letters are of alphabets that look alike: `pаypal` with a Cyrillic letter in it. */
export function posing(word: string): boolean {
  const others = OTHER.filter((script) => script.test(word)).length;
  return others > 1 || (others === 1 && LATIN.test(word));
}

/** The text without words that pose, and those; nothing is lost between them. */
function words(text: string): Piece[] {
  const out: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(WORD)) {
    if (!posing(match[0])) continue;
    if (match.index > done) out.push({ kind: "text", text: text.slice(done, match.index) });
    out.push({ kind: "odd", text: match[0] });
    done = match.index + match[0].length;
  }
  if (done < text.length) out.push({ kind: "text", text: text.slice(done) });
  return out;
}

// What follows a link in a sentence does not belong to it.
const LINK = /https?:\/\/[^\s<>"'`]{1,2000}/giu;
const AFTER = /[.,:;!?)\]}»…]+$/u;

function linked(text: string): Piece[] {
  const out: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(LINK)) {
    const link = match[0].replace(AFTER, "");
    if (target(link) === null) continue;
    if (match.index > done) out.push(...words(text.slice(done, match.index)));
    out.push({ kind: "link", text: link });
    done = match.index + link.length;
  }
  if (done < text.length) out.push(...words(text.slice(done)));
  return out;
}

/**
 * Parts text into what can be shown as it is and marks for what cannot be seen, or hides what stands beside it. Lines end
 * in LF. Links are told apart where they are asked for; each of them is one that [`target`] reads.
 */
export function pieces(text: string, links = false): Piece[] {
  const out: Piece[] = [];
  let run = "";
  let last = "";
  let times = 0;
  let stack = 0;
  const flush = (): void => {
    if (stack > STACK) run += `[+${String(stack - STACK)}]`;
    stack = 0;
    if (run !== "") out.push(...(links ? linked(run) : words(run)));
    run = "";
  };
  const count = (): void => {
    if (times > 1) out.push({ kind: "mark", text: `${last} × ${String(times)}` });
    else if (times === 1) out.push({ kind: "mark", text: last });
    times = 0;
  };
  const symbols = [...text.replace(/\r\n?/g, "\n")];
  symbols.forEach((symbol, at) => {
    const code = symbol.codePointAt(0) ?? 0;
    let name = mark(code);
    if (code === 0x200d && EMOJI.test(symbols[at - 1] ?? "") && EMOJI.test(symbols[at + 1] ?? "")) name = null;
    if (name !== null) {
      flush();
      if (name !== last) count();
      last = name;
      times += 1;
      return;
    }
    count();
    if (MARK.test(symbol)) {
      stack += 1;
      if (stack <= STACK) run += symbol;
      return;
    }
    if (stack > STACK) run += `[+${String(stack - STACK)}]`;
    stack = 0;
    run += symbol;
  });
  flush();
  count();
  return out;
}

/** One line without anything that cannot be seen, for a name in a list or a title. */
export function oneLine(text: string): string {
  return pieces(text)
    .map((piece) => (piece.kind === "mark" ? `\u2423` : piece.text.replace(/\s+/g, " ")))
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

// Bitcoin amounts are whole satoshi in decimal text, worked on as BigInt; fiat amounts are decimal text. Never numbers.

/** A thin space between groups of digits: narrow, and a line does not break at it. */
export const GROUP = "\u202f";
const MINUS = "\u2212";
const COIN = 100_000_000n;
/** All bitcoin there will ever be, in satoshi: a larger amount is a mistake. */
const SUPPLY = 21_000_000n * COIN;

/** An amount cut for the eye: what counts, and the zeros behind it that do not. */
export interface AmountParts {
  sign: "" | "+" | "\u2212";
  /** Digits up to the last that counts. */
  strong: string;
  /** Insignificant zeros, with their groups. */
  faint: string;
}

/** Satoshi of decimal text; null when it is not a whole number. */
export function satsOf(text: string): bigint | null {
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : null;
}

function groupsOfThree(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, GROUP);
}

function split(sats: bigint): { whole: string; fraction: string } {
  const size = sats < 0n ? -sats : sats;
  return { whole: (size / COIN).toString(), fraction: (size % COIN).toString().padStart(8, "0") };
}

/** Bitcoin with eight places and no groups, for buttons, copying and reading aloud: `0.00240000`. */
export function plainBtc(sats: bigint): string {
  const { whole, fraction } = split(sats);
  return `${sats < 0n ? "-" : ""}${whole}.${fraction}`;
}

/**
 * Bitcoin in groups, `0.002 400 00`, parted where the insignificant zeros begin. `sign` "always" puts a plus before
 * what comes in.
 */
export function btcParts(sats: bigint, sign: "auto" | "always" = "auto"): AmountParts {
  const { whole, fraction } = split(sats);
  const text = `${groupsOfThree(whole)}.${fraction.slice(0, 3)}${GROUP}${fraction.slice(3, 6)}${GROUP}${fraction.slice(6)}`;
  const zeros = /[0\u202f.]*$/.exec(text)?.[0].length ?? 0;
  // Zeros before the point always count: 10 BTC is not 1.
  const start = Math.max(text.length - zeros, text.indexOf("."));
  return { sign: signOf(sats, sign), strong: text.slice(0, start), faint: text.slice(start) };
}

/** Whole satoshi in groups of three. */
export function satParts(sats: bigint, sign: "auto" | "always" = "auto"): AmountParts {
  const size = sats < 0n ? -sats : sats;
  return { sign: signOf(sats, sign), strong: groupsOfThree(size.toString()), faint: "" };
}

function signOf(sats: bigint, sign: "auto" | "always"): AmountParts["sign"] {
  if (sats < 0n) return MINUS;
  return sign === "always" && sats > 0n ? "+" : "";
}

/** Why typed text is not an amount. */
export type AmountProblem = "empty" | "notANumber" | "twoSeparators" | "tooManyPlaces" | "tooLarge" | "negative";

export type Typed<T> = { ok: true; value: T } | { ok: false; problem: AmountProblem };

/** Decimal text as typed, in parts. A point and a comma both part the places; a second one of either is refused. */
function typedDecimal(text: string, places: number): Typed<{ whole: string; fraction: string }> {
  const bare = text.trim().replace(/[\s\u00a0\u202f\u2009]/g, "");
  if (bare === "") return { ok: false, problem: "empty" };
  if (/^[-\u2212]/.test(bare)) return { ok: false, problem: "negative" };
  if (!/^[\d.,]+$/.test(bare) || !/\d/.test(bare)) return { ok: false, problem: "notANumber" };
  if ((bare.match(/[.,]/g)?.length ?? 0) > 1) return { ok: false, problem: "twoSeparators" };
  const [whole = "", fraction = ""] = bare.split(/[.,]/);
  const needed = fraction.replace(/0+$/, "");
  if (needed.length > places) return { ok: false, problem: "tooManyPlaces" };
  if (whole.replace(/^0+/, "").length > 12) return { ok: false, problem: "tooLarge" };
  return { ok: true, value: { whole: whole.replace(/^0+(?=\d)/, "") || "0", fraction: needed } };
}

/** Satoshi of a bitcoin amount as typed: `0.001` and `0,001` are the same. */
export function typedBtc(text: string): Typed<bigint> {
  const typed = typedDecimal(text, 8);
  if (!typed.ok) return typed;
  const sats = BigInt(typed.value.whole) * COIN + BigInt(typed.value.fraction.padEnd(8, "0"));
  return sats > SUPPLY ? { ok: false, problem: "tooLarge" } : { ok: true, value: sats };
}

/** Fiat as typed, as decimal text with two places. */
export function typedFiat(text: string): Typed<string> {
  const typed = typedDecimal(text, 2);
  if (!typed.ok) return typed;
  return { ok: true, value: `${typed.value.whole}.${typed.value.fraction.padEnd(2, "0")}` };
}

/** Fiat for the eye: groups of three and the decimal mark of the language. Text that is no number stays as it is. */
export function fiatText(amount: string, lang: "en" | "ru"): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  if (match === null) return amount;
  const [, minus = "", whole = "", fraction] = match;
  const mark = lang === "ru" ? "," : ".";
  return `${minus === "" ? "" : MINUS}${groupsOfThree(whole)}${fraction === undefined ? "" : mark + fraction}`;
}

/** Fewest characters of a passphrase. */
export const LEAST = 10;

/** From so many characters on nothing has to be added. */
const GOOD = 20;

/** Too short; long enough but quickly guessed; long enough; long. */
export type Strength = "short" | "simple" | "enough" | "good";

/**
 * A plain judgement of a passphrase: its length, and whether it is one of the shapes that are tried first: digits alone,
 * few different characters, or a short piece over and over. It promises nothing, and the words for it do not either.
 */
export function strength(passphrase: string): Strength {
  const symbols = [...passphrase];
  if (symbols.length < LEAST) return "short";
  const plain = passphrase.toLowerCase().replace(/[\s._-]+/g, "");
  const different = new Set(plain).size;
  if (/^\d*$/.test(plain) || different < 5 || /^(.{1,6})\1+$/u.test(plain)) return "simple";
  return symbols.length >= GOOD ? "good" : "enough";
}

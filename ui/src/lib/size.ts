import type { Lang } from "../i18n/words.svelte";

const KIB = 1024n;
const MIB = KIB * KIB;

/** Words for a number of bytes in each unit. */
export interface SizeWords {
  b: (n: string) => string;
  kib: (n: string) => string;
  mib: (n: string) => string;
}

/** Bytes for the eye: whole ones, whole KiB, or MiB with one place. Rounded up: a file is never larger than is said. */
export function sizeText(bytes: bigint, words: SizeWords, lang: Lang): string {
  if (bytes < KIB) return words.b(bytes.toString());
  if (bytes < MIB) return words.kib(((bytes + KIB - 1n) / KIB).toString());
  const tenths = (bytes * 10n + MIB - 1n) / MIB;
  return words.mib(`${(tenths / 10n).toString()}${lang === "ru" ? "," : "."}${(tenths % 10n).toString()}`);
}

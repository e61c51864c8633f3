import { lang } from "../../i18n/words.svelte";
import type { FiatSum } from "../../ipc/types";
import { fiatText, plainBtc, satsOf } from "../../lib/money";
import { oneLine } from "../../lib/strange";

/** A fiat sum within a sentence. */
export function sum(fiat: FiatSum): string {
  return `${fiatText(fiat.amount, lang())}\u00a0${fiat.currency}`;
}

/** Satoshi as bitcoin with eight places, for buttons and sentences; text that is no number stays as it is. */
export function btc(sats: string): string {
  const value = satsOf(sats);
  return value === null ? sats : plainBtc(value);
}

/** A person's name within a sentence of ours: one line, nothing hidden in it, turned round by nobody. */
export function named(name: string): string {
  return `\u2068${[...oneLine(name)].slice(0, 64).join("")}\u2069`;
}

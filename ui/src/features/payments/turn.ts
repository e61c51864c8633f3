import type { Messages } from "../../i18n/en";
import type { Lang } from "../../i18n/words.svelte";
import type { Turn } from "../../ipc/types";
import { fiatText } from "../../lib/money";

/** Whose turn it is, as a short line; the sum is left out where amounts are hidden. */
export function turnLine(turn: Turn, words: Messages, lang: Lang, hide: boolean): string {
  const fiat = turn.fiat === null || hide ? "" : `${fiatText(turn.fiat.amount, lang)}\u00a0${turn.fiat.currency}`;
  return words.payments.turn[turn.waitsFor](fiat);
}

/** It is the person who must act. */
export function mine(turn: Turn): boolean {
  return turn.waitsFor === "myTransfer" || turn.waitsFor === "myConfirmation";
}

import type { Messages } from "../../i18n/en";
import type { NewsRow } from "../../ipc/types";
import type { Route } from "../../lib/router.svelte";
import { btc, named, sum } from "../pay/sums";

/** A piece of news in words; without sums when amounts are hidden. */
export function line(row: NewsRow, words: Messages, hidden: boolean): string {
  const fiat = row.kind === "fiatDeclared" && row.fiat !== null ? sum(row.fiat) : null;
  const what = hidden ? "" : (fiat ?? (row.sats !== null ? `${btc(row.sats)} BTC` : row.fiat !== null ? sum(row.fiat) : ""));
  const said = Object.hasOwn(words.news.line, row.kind) ? words.news.line[row.kind] : words.news.line.other;
  return said({ who: row.person === "" ? "" : named(row.person), what });
}

/** Where a piece of news leads; null when there is nothing to open. */
export function target(row: NewsRow): Route | null {
  if (row.kind === "conversationMessage" && row.talk !== null) return { name: "talk", id: row.talk };
  const deal = row.kind.startsWith("deal") || row.kind === "fiatDeclared";
  if (deal && row.deal !== null) return { name: "deal", id: row.deal };
  if (row.payment !== null) return { name: "payment", id: row.payment };
  if (row.deal !== null) return { name: "deal", id: row.deal };
  return row.invoice !== null && row.kind === "invoiceIssued" ? { name: "pay", invoice: row.invoice } : null;
}

// An operation as plain text, to be quoted to a seller or to the support of a marketplace. Times are UTC.
import type { Messages } from "../../i18n/en";
import type { AccountCard, OperationDetail } from "../../ipc/types";
import { oneLine } from "../../lib/strange";
import { instant, utc } from "../../lib/time";
import { btc } from "../pay/sums";
import { gathered, told } from "./timeline";

function time(text: string): string {
  const at = instant(text);
  return at === null ? text : utc(at);
}

/** Everything the journal has about an operation, line by line. */
export function evidence(detail: OperationDetail, account: AccountCard | null, words: Messages): string {
  const own = words.operations;
  const { card } = detail;
  const lines = [own.evidence.head(card.id), own.evidence.utc, ""];
  const row = (label: string, value: string | null): void => {
    if (value !== null && value !== "") lines.push(`${label}: ${value}`);
  };
  row(own.evidence.server, account === null ? null : account.address);
  row(own.what, own.act[card.act]);
  row(own.evidence.state, own.state[card.state]);
  row(own.to, card.counterparty === null ? null : oneLine(card.counterparty));
  row(own.invoice, card.invoice === null ? null : [card.invoice, ...(card.pieces === null ? [] : [words.common.pieces(card.pieces)])].join(", "));
  row(own.amount, card.sats === null ? null : `${btc(card.sats)} BTC`);
  row(own.agreedFiat, card.fiat === null ? null : `${card.fiat.amount} ${card.fiat.currency}`);
  row(own.balanceBefore, detail.balanceBefore === null ? null : `${btc(detail.balanceBefore)} BTC`);
  row(own.mark, detail.mark);
  row(own.sentAt, time(card.since));
  row(own.settled, card.settled === null ? null : time(card.settled));
  row(own.payment, card.payment);
  row(own.deal, detail.deal);
  lines.push("");
  for (const line of gathered(detail.steps)) {
    const { text, notes } = told(line, detail, words, false);
    const when = line.until === null ? time(line.at) : `${time(line.at)} – ${time(line.until)}`;
    lines.push(`${when}  ${[text, ...notes].join("; ")}`);
  }
  return `${lines.join("\n")}\n`;
}

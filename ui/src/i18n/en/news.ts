import type { NewsKind } from "../../ipc/types";
import { pluralEn } from "../plural";

/** Values of a piece of news; an absent one is empty text. */
export interface NewsValues {
  who: string;
  /** Bitcoin, or fiat where the news is about fiat. */
  what: string;
}

type Line = (v: NewsValues) => string;
const of = (text: string, who: string): string => (who === "" ? text : `${text}: ${who}`);
const about = (text: string, v: NewsValues): string => of(v.what === "" ? text : `${text}, ${v.what}`, v.who);

export const news = {
  title: "News",
  bell: (n: number) => (n === 0 ? "News" : `News: ${String(n)} not read`),
  unread: "not read yet",
  emptyTitle: "No news yet",
  empty: "Here stands what others did while you looked elsewhere: payments to you, messages and changes in deals, invoices issued to you.",
  more: "Older news",
  many: (n: number) => `${String(n)} new ${pluralEn(n, { one: "piece", other: "pieces" })} of news`,
  asOf: "News come while Kvit is connected; what happened meanwhile is caught up at the next connection.",
  line: {
    dealChanged: (v) => about("A deal has changed", v),
    fiatDeclared: (v) => about("The counterparty says that the money was sent", v),
    dealCompleted: (v) => about("A deal is complete", v),
    dealCanceled: (v) => about("A deal was canceled", v),
    dealDisputed: (v) => about("An arbiter was called into a deal", v),
    dealMessage: (v) => of("A message in a deal", v.who),
    invoiceIssued: (v) => about("An invoice was issued to you", v),
    invoiceWithdrawn: (v) => about("An invoice to you was withdrawn", v),
    paymentReceived: (v) => about("A payment came in", v),
    conversationMessage: (v) => of("A message; read it on the marketplace's site", v.who),
    other: (v) => about("Something happened that this version of Kvit does not know", v),
  } satisfies Record<NewsKind, Line> as Record<NewsKind, Line>,
};

import type { InvoiceCard, PaymentDetail, PaymentRow, PersonCard } from "../types";
import { ago, now } from "./clock";
import { hostileText, invoices } from "./invoices";
import { buyers, me, person } from "./people";
import { noSeal, unverified, verified } from "./seals";
import { estimate } from "./sums";

/** A payment; what differs from an ordinary paid one of mine is given. */
export function payment(
  id: string,
  of: InvoiceCard,
  pieces: number,
  given: Partial<PaymentDetail> = {},
  seal: (payment: PaymentDetail) => PaymentDetail["seal"] = verified,
): PaymentDetail {
  const sats = BigInt(of.unitSats) * BigInt(pieces);
  const made: PaymentDetail = {
    id,
    direction: of.mine ? "toMe" : "fromMe",
    status: "paid",
    sats: sats.toString(),
    fiat: estimate(sats),
    fiatEstimated: true,
    pieces,
    created: ago(9),
    buyer: me,
    invoice: of,
    sellerFeedback: null,
    buyerFeedback: null,
    deal: null,
    refund: false,
    refunds: [],
    refunded: 0,
    refunding: 0,
    hasChangePromise: false,
    secrets: [],
    lightningRequest: null,
    seal: noSeal,
    turn: null,
    canCancel: false,
    asOf: now(),
    notices: [],
    said: [],
    receipt: null,
    operation: null,
    difference: null,
    twin: null,
    vanished: false,
    canGiveFeedback: false,
    canTalk: true,
    canRefund: false,
    refundObstacle: null,
    givenBack: [],
    refundOf: null,
    ...given,
  };
  return made.status === "paid" ? { ...made, seal: seal(made) } : made;
}

function of(id: string): InvoiceCard {
  const found = invoices().get(id);
  if (!found) throw new Error(`the fake world has no invoice ${id}`);
  return found;
}

/** The history the usual world begins with, newest first. */
export function history(): PaymentDetail[] {
  const day = 24 * 60;
  return [
    payment("1207", of("88"), 2, {
      created: ago(9),
      secrets: [
        { text: "Locker 14, code 5512", url: null, pictures: [] },
        { text: "Locker 15, code 9070", url: "https://pickup.shop-1.example/lockers?of=1207", pictures: ["locker-15"] },
      ],
      sellerFeedback: { positive: true, text: "Quick and polite.", created: ago(5) },
    }),
    payment("1204", of("77"), 3, { created: ago(150), buyer: buyers.nine, direction: "toMe" }),
    payment("1199", of("51"), 1, {
      created: ago(day + 40),
      secrets: [{ text: "Sheet 3, shelf B", url: null, pictures: [] }],
      buyerFeedback: { positive: true, text: "Beautiful print.", created: ago(day) },
    }),
    payment("1195", of("77"), 1, {
      created: ago(day + 300),
      buyer: buyers.anonymous,
      direction: "toMe",
    }),
    payment(
      "1190",
      of("640"),
      3,
      { created: ago(day + 500), secrets: [{ text: "Пункт выдачи 7, ячейка 31", url: null, pictures: [] }] },
      (made) => unverified(made, "noConfirmation"),
    ),
    payment("1188", of("88"), 1, { created: ago(2 * day), status: "canceled" }),
    payment("1180", of("13"), 1, {
      created: ago(3 * day),
      secrets: [{ text: hostileText, url: "https://аррӏе.example/pay", pictures: [] }],
      sellerFeedback: { positive: false, text: hostileText, created: ago(2 * day) },
    }),
    payment("1171", of("77"), 2, { created: ago(5 * day), buyer: buyers.four, direction: "toMe" }),
  ];
}

/** How many payments a long history has. */
export const LONG = 100_000;

/** Number of the newest payment of a long history. */
const LONG_TOP = 200_000;

const goods = ["88", "51", "640", "92", "77"].map(of);
const clients = [buyers.nine, buyers.four, person("client-22"), person("client-31")];

/** The payment so many places down a long history, below the usual ones; made when it is asked for. */
export function older(at: number): PaymentDetail {
  const good = goods[at % goods.length] ?? of("88");
  const buyer: PersonCard = good.mine ? (clients[at % clients.length] ?? buyers.nine) : me;
  return payment(String(LONG_TOP - at), good, 1 + (at % 3), {
    buyer,
    created: ago(6 * 24 * 60 + at * 23),
    status: at % 11 === 5 ? "canceled" : "paid",
  });
}

/** Its row, made without its receipt: a search looks at all of them. */
export function olderRow(at: number): PaymentRow {
  const good = goods[at % goods.length] ?? of("88");
  const sats = BigInt(good.unitSats) * BigInt(1 + (at % 3));
  const status = at % 11 === 5 ? "canceled" : "paid";
  return {
    id: String(LONG_TOP - at),
    direction: good.mine ? "toMe" : "fromMe",
    person: good.mine ? (clients[at % clients.length] ?? buyers.nine).name : good.owner.name,
    comment: good.comment,
    invoice: good.id,
    sats: sats.toString(),
    fiat: estimate(sats),
    fiatEstimated: true,
    pieces: 1 + (at % 3),
    refund: false,
    status,
    seal: status === "paid" ? "verified" : "none",
    turn: null,
    created: ago(6 * 24 * 60 + at * 23),
    noticed: false,
    unresolved: false,
  };
}

/** The usual payments, numbered so that they stand above a long history. */
export function above(usual: PaymentDetail[]): PaymentDetail[] {
  return usual.map((one, at) => ({ ...one, id: String(LONG_TOP + usual.length - at) }));
}

/** Where a payment of this number stands in a long history. */
export function olderAt(id: string): number | null {
  const at = LONG_TOP - Number(id);
  return Number.isInteger(at) && at >= 0 && at < LONG ? at : null;
}

/** The row a payment makes in the list. */
export function row(detail: PaymentDetail): PaymentRow {
  return {
    id: detail.id,
    direction: detail.direction,
    person: detail.direction === "fromMe" ? detail.invoice.owner.name : detail.buyer.name,
    comment: detail.invoice.comment,
    invoice: detail.invoice.id,
    sats: detail.sats,
    fiat: detail.fiat,
    fiatEstimated: detail.fiatEstimated,
    pieces: detail.pieces,
    refund: detail.refund,
    status: detail.status,
    seal: detail.seal.state,
    turn: detail.turn,
    created: detail.created,
    noticed: detail.vanished || detail.notices.some((notice) => !notice.seen),
    unresolved: detail.operation !== null && detail.operation.settled === null,
  };
}

import type { InvoiceCard, PaymentDetail, PaymentRow, PersonCard } from "../types";
import { ago, now } from "./clock";
import { hostileText, invoice, invoices } from "./invoices";
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
        { text: "Locker 14, code 5512", url: null, pictures: 0 },
        { text: "Locker 15, code 9070", url: "https://pickup.shop-1.example/lockers?of=1207", pictures: 1 },
      ],
      sellerFeedback: { positive: true, text: "Quick and polite.", created: ago(5) },
    }),
    payment("1204", of("77"), 3, { created: ago(150), buyer: buyers.nine, direction: "toMe" }),
    payment("1199", of("51"), 1, {
      created: ago(day + 40),
      secrets: [{ text: "Sheet 3, shelf B", url: null, pictures: 0 }],
      buyerFeedback: { positive: true, text: "Beautiful print.", created: ago(day) },
    }),
    payment("1195", of("77"), 1, {
      created: ago(day + 300),
      buyer: buyers.anonymous,
      direction: "toMe",
      refunds: [invoice("701", { private: true, refundOf: "1195", comment: "Refund", unitSats: "20000", piecesMax: 1 })],
      refunding: 1,
    }),
    payment(
      "1190",
      of("640"),
      3,
      { created: ago(day + 500), secrets: [{ text: "Пункт выдачи 7, ячейка 31", url: null, pictures: 0 }] },
      (made) => unverified(made, "noConfirmation"),
    ),
    payment("1188", of("88"), 1, { created: ago(2 * day), status: "canceled" }),
    payment("1180", of("13"), 1, {
      created: ago(3 * day),
      secrets: [{ text: hostileText, url: "https://аррӏе.example/pay", pictures: 0 }],
      sellerFeedback: { positive: false, text: hostileText, created: ago(2 * day) },
    }),
    payment("1171", of("77"), 2, { created: ago(5 * day), buyer: buyers.four, direction: "toMe" }),
  ];
}

/** A long history: the usual one and as many older rows as make up `count`. */
export function longHistory(count: number): PaymentDetail[] {
  const usual = history();
  const goods = ["88", "51", "640", "92", "77"].map(of);
  const people = [buyers.nine, buyers.four, person("client-22"), person("client-31")];
  const older = Array.from({ length: Math.max(0, count - usual.length) }, (_, index): PaymentDetail => {
    const good = goods[index % goods.length] ?? of("88");
    const buyer: PersonCard = good.mine ? (people[index % people.length] ?? buyers.nine) : me;
    return payment(String(1170 - index + 100_000), good, 1 + (index % 3), {
      buyer,
      created: ago(6 * 24 * 60 + index * 97),
      status: index % 11 === 5 ? "canceled" : "paid",
    });
  });
  return [...usual.map((one, index) => ({ ...one, id: String(200_000 - index) })), ...older];
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
  };
}

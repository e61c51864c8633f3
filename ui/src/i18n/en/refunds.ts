import { pluralEn } from "../plural";

const pieces = (n: number): string => `${String(n)} ${pluralEn(n, { one: "piece", other: "pieces" })}`;

export const refunds = {
  title: "Giving back",
  /** The parts of what was bought; they add up. */
  bought: "Bought",
  refunded: "Given back",
  refunding: "Being given back",
  most: "Can be given back",
  addsUp: (bought: number, refunded: number, refunding: number, most: number) =>
    `Of ${pieces(bought)}: ${String(refunded)} given back, ${String(refunding)} being given back, ${String(most)} can be given back.`,
  open: "Give back…",
  pieces: "Pieces to give back",
  piecesHint: (most: number) => (most === 1 ? "There is one piece left to give back." : `From 1 to ${String(most)}`),
  tooMany: (most: number) => `At most ${String(most)}.`,
  costNow: "Costs today",
  costThen: "Was paid then",
  follows: (fiat: string) => `The price was set at ${fiat}: the sum in bitcoin follows the rate until it is paid.`,
  fixed: "The price was set in bitcoin: it is the same as then.",
  rateAt: (ago: string) => `Rate of ${ago}.`,
  rateUnknown: "The marketplace has not said how old its rate is.",
  balance: "Your balance",
  balanceShort: "More than your balance: it can be paid through a deal, with fiat.",
  create: (n: number, btc: string) => `Give back ${pieces(n)}, ${btc} BTC…`,
  createApprox: (n: number, btc: string) => `Give back ${pieces(n)}, about ${btc} BTC…`,
  createPlain: (n: number) => `Give back ${pieces(n)}…`,
  costUnknown: "cannot be told now: the rate is not known",
  inProgress: "An earlier act on this payment has no outcome yet. We are finding out; until then no other refund is begun.",
  confirmPlain: (n: number, name: string, payment: string) =>
    `The marketplace makes a refund for ${pieces(n)} of payment ${payment}, to be paid by you to ${name}. What it costs you see before you pay; nothing leaves your balance yet, and you can withdraw it until then.`,
  confirmTitle: (n: number) => `Give back ${pieces(n)}?`,
  confirmText: (n: number, name: string, payment: string, btc: string) =>
    `The marketplace makes a refund for ${pieces(n)} of payment ${payment}, to be paid by you to ${name}: ${btc} BTC. Nothing leaves your balance yet: you pay it in the next step, and can withdraw it until then.`,
  confirmTextApprox: (n: number, name: string, payment: string, btc: string) =>
    `The marketplace makes a refund for ${pieces(n)} of payment ${payment}, to be paid by you to ${name}: about ${btc} BTC at today's rate. Nothing leaves your balance yet: you pay it in the next step, and can withdraw it until then.`,
  confirm: (n: number) => `Make the refund for ${pieces(n)}`,
  stale: "Something changed while this question was open. Close it and look at the new numbers.",
  created: (n: number) => `The refund for ${pieces(n)} is made. It is not paid yet.`,
  keep: "Back",
  waits: "This needs the marketplace, and waits for a connection.",
  openTitle: (n: number) => (n === 1 ? "A refund is waiting to be paid" : `${String(n)} refunds are waiting to be paid`),
  card: (n: number) => pieces(n),
  now: "now",
  until: "until",
  number: (invoice: string) => `refund invoice ${invoice}`,
  pay: "Pay it",
  payWhich: (invoice: string) => `Pay refund invoice ${invoice}`,
  withdraw: "Withdraw…",
  withdrawWhich: (invoice: string) => `Withdraw refund invoice ${invoice}`,
  withdrawTitle: (n: number) => `Withdraw the refund for ${pieces(n)}?`,
  withdrawText: (n: number, name: string) =>
    `The buyer ${name} will not get ${n === 1 ? "this piece" : `these ${pieces(n)}`} back by it. Nothing has been paid, and you can make another one later.`,
  withdrawConfirm: "Withdraw it",
  withdrawn: "The refund is withdrawn.",
  double: "made again",
  doublesTitle: (n: number) => (n === 1 ? "The marketplace made this refund twice" : `The marketplace made this refund ${String(n + 1)} times`),
  doublesText: "You asked once. Pay one of them and withdraw the others: paid together they give back more than you meant.",
  unsure: "We have not heard back. Whether it happened is not known: we are checking, and it is not sent again.",
  /** The buyer's side. */
  got: "Given back to you",
  gave: "Refund payments",
  gotNone: "Nothing has come yet.",
  beingGivenBack: (n: number) =>
    `${pieces(n)} ${n === 1 ? "is" : "are"} being given back: the seller has begun a refund and has not paid it yet. Nothing is to be done by you.`,
  payment: (id: string) => `payment ${id}`,
  ofPayment: "This is a refund of",
  ofPaymentLink: (id: string) => `payment ${id}`,
  paidBackTo: "Given back to",
  paidBackBy: "Given back by",
  payingBackTo: "To be given back to",
  payingBackBy: "To be given back by",
  canceledBackTo: "Canceled refund to",
  canceledBackBy: "Canceled refund of",
  /** On the pay desk. */
  giver: "Gives back",
  getter: "Gets back",
  deskTitle: "This is a refund",
  desk: (n: number, name: string) => `Paying this gives back ${pieces(n)} to ${name}, bought with`,
  to: "To",
  confirmPay: (btc: string, name: string, n: number, payment: string) =>
    `${btc} BTC go from your balance to ${name} and give back ${pieces(n)} of payment ${payment}. This cannot be undone.`,
  worstTitle: "From balance this might cost too much",
  worst: (n: number, worst: string, amount: string) =>
    `Some marketplaces have a known defect: for a refund of ${pieces(n)} they take ${worst} BTC from the balance instead of ${amount} BTC. Whether this one does is not known yet, so Kvit does not send it.`,
  worstHidden: (n: number) =>
    `Some marketplaces have a known defect: for a refund of ${pieces(n)} they take several times the amount from the balance. Whether this one does is not known yet, so Kvit does not send it.`,
  ways: "Two ways out",
  wayOne: "One piece at a time: withdraw this refund and make one for a single piece, then the next. One piece costs what it should.",
  wayOneAct: "Go to the payment",
  wayDeal: "Through a deal, below: you see the sum before you send anything.",
};

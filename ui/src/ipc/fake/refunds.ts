import type { Fault, InvoiceCard, PayDesk, PaymentDetail, RefundCard, RefundDesk, RefundOf, RefundOutcome } from "../types";
import { ago, now } from "./clock";
import { fault, refuse } from "./faults";
import { invoice } from "./invoices";
import { lost } from "./journal";
import { payment as makePayment } from "./payments";
import { buyers, me, sellers } from "./people";
import { estimate } from "./sums";
import type { World } from "./world";

/** What prices set in fiat have done since the purchase, in hundredths of a percent. */
const since = 230n;

/** A refund invoice and what it gives back. */
interface Made {
  invoice: InvoiceCard;
  payment: string;
  pieces: number;
  created: string;
  /** The one that was meant, where this was made beyond it. */
  doubleOf: string | null;
}

const made = new WeakMap<World, Map<string, Made>>();

function all(world: World): Map<string, Made> {
  const found = made.get(world) ?? new Map<string, Made>();
  made.set(world, found);
  return found;
}

/** Why nothing of it can be given back, whoever has bought it. */
function obstacle(payment: PaymentDetail): Fault | null {
  if (payment.direction !== "toMe") return null;
  if (payment.refund) return fault("refundOfARefund");
  if (payment.status === "pending") return fault("paymentNotPaid");
  if (payment.status === "canceled") return fault("paymentCanceled");
  if (payment.buyer.anonymous) return fault("refundToAnonymous");
  return null;
}

function left(payment: PaymentDetail): number {
  return payment.pieces - payment.refunded - payment.refunding;
}

/** What a payment says about giving back. */
export function rights(
  world: World,
  payment: PaymentDetail,
): Pick<PaymentDetail, "canRefund" | "refundObstacle" | "givenBack" | "refunds"> {
  const why = obstacle(payment);
  return {
    canRefund: payment.direction === "toMe" && why === null && left(payment) > 0,
    refundObstacle: why,
    givenBack: world.payments
      .filter((one) => one.refundOf === payment.id)
      .map((one) => ({ payment: one.id, pieces: one.pieces, sats: one.sats, status: one.status, seal: one.seal.state, created: one.created })),
    refunds: [...all(world).values()].filter((one) => one.payment === payment.id).map((one) => one.invoice),
  };
}

function priceNow(payment: PaymentDetail): bigint {
  const unit = BigInt(payment.invoice.unitSats);
  return payment.invoice.fiatPrice === null ? unit : (unit * (10_000n + since)) / 10_000n;
}

function card(world: World, one: Made): RefundCard {
  const pending = world.payments.find((each) => each.status === "pending" && each.invoice.id === one.invoice.id)?.id ?? null;
  return {
    invoice: one.invoice,
    pieces: one.pieces,
    sats: one.invoice.unitSats,
    until: one.invoice.validTo,
    doubleOf: one.doubleOf,
    pending,
    canWithdraw: pending === null && one.invoice.status === "active",
  };
}

/** What giving back costs. */
export function desk(world: World, id: string, asked: number | null): RefundDesk {
  const payment = world.payment(id);
  if (payment.direction !== "toMe") refuse("refundNotYours");
  const most = left(payment);
  const pieces = asked ?? most;
  const unit = priceNow(payment);
  const price = payment.invoice.fiatPrice;
  return {
    payment: id,
    buyer: payment.buyer,
    bought: payment.pieces,
    refunded: payment.refunded,
    refunding: payment.refunding,
    most,
    pieces,
    costNowSats: (unit * BigInt(pieces)).toString(),
    costNowEstimated: price !== null,
    costThenSats: (BigInt(payment.invoice.unitSats) * BigInt(pieces)).toString(),
    fiatPrice: price === null ? null : estimate(BigInt(payment.invoice.unitSats) * BigInt(pieces)),
    rateAt: price === null ? null : ago(2),
    balanceSats: world.balance.toString(),
    obstacle: obstacle(payment),
    unknown: [...world.operations.values()].find((one) => one.payment === id && one.settled === null) ?? null,
    open: [...all(world).values()].filter((one) => one.payment === id).map((one) => card(world, one)),
  };
}

function issue(world: World, payment: PaymentDetail, pieces: number, doubleOf: string | null = null): Made {
  const number = world.number();
  const total = (priceNow(payment) * BigInt(pieces)).toString();
  const one: Made = {
    invoice: invoice(number, {
      private: true,
      refundOf: payment.id,
      baseCrypto: payment.invoice.fiatPrice === null,
      unitSats: total,
      fiatPrice: payment.invoice.fiatPrice === null ? null : estimate(BigInt(payment.invoice.unitSats) * BigInt(pieces)),
      piecesMin: pieces,
      piecesMax: pieces,
      payments: 0,
      owner: payment.buyer,
      created: now(),
    }),
    payment: payment.id,
    pieces,
    created: now(),
    doubleOf,
  };
  all(world).set(number, one);
  world.invoices.set(number, one.invoice);
  const before = world.payment(payment.id);
  world.keep({ ...before, refunding: before.refunding + pieces });
  return one;
}

/** Makes a refund. */
export function create(world: World, id: string, pieces: number, seen: number): RefundOutcome {
  const payment = world.payment(id);
  const why = obstacle(payment);
  if (why !== null) return { kind: "refused", fault: why };
  const most = left(payment);
  if (most !== seen || pieces > most) {
    return { kind: "refused", fault: fault("refundTooMany", { values: { max: String(most) }, next: "changePieces" }) };
  }
  const operation = lost(
    world,
    { act: "createRefund", payment: id, pieces, sats: (priceNow(payment) * BigInt(pieces)).toString(), counterparty: payment.buyer.name },
    () => void issue(world, payment, pieces),
  );
  if (operation !== null) return { kind: "unknown", operation };
  const refund = issue(world, payment, pieces);
  const doubles = world.scenario.refunds === "twice" ? [issue(world, payment, pieces, refund.invoice.id).invoice.id] : [];
  return { kind: "done", invoice: refund.invoice.id, payment: world.payment(id), doubles };
}

function close(world: World, id: string, status: "deleted" | "payed"): Made {
  const found = all(world).get(id);
  if (found?.invoice.status !== "active") refuse("refundNotOpen");
  found.invoice = { ...found.invoice, status };
  world.invoices.set(id, found.invoice);
  return found;
}

/** Takes a refund back that nobody has paid. */
export function withdraw(world: World, id: string): PaymentDetail {
  const found = close(world, id, "deleted");
  const payment = world.payment(found.payment);
  world.keep({ ...payment, refunding: payment.refunding - found.pieces });
  return world.payment(found.payment);
}

/** What the pay desk says of a refund invoice. */
export function deskOf(world: World, id: string): RefundOf | null {
  const found = all(world).get(id);
  if (!found) return null;
  const costly = world.scenario.refunds === "costly" && found.pieces > 1;
  const total = BigInt(found.invoice.unitSats);
  return { payment: found.payment, pieces: found.pieces, worstSats: costly ? (total * BigInt(found.pieces)).toString() : null };
}

/** Why it cannot be paid from balance at a marketplace that would take more. */
export function costly(desk: Pick<PayDesk, "totalSats">, refund: RefundOf | null): Fault | null {
  if (refund?.worstSats == null) return null;
  const values = { amount: desk.totalSats, worst: refund.worstSats, pieces: String(refund.pieces) };
  return fault("refundMayCostMore", { values, next: "payAnotherWay" });
}

/** A payment that was just made, as the payment of a refund if it is one. */
export function asRefund(world: World, payment: PaymentDetail): PaymentDetail {
  const found = all(world).get(payment.invoice.id);
  return found ? { ...payment, refund: true, refundOf: found.payment, secrets: [], pieces: found.pieces } : payment;
}

/** A refund was paid. */
export function paid(world: World, id: string): void {
  if (!all(world).has(id)) return;
  const found = close(world, id, "payed");
  const payment = world.payment(found.payment);
  world.keep({ ...payment, refunding: payment.refunding - found.pieces, refunded: payment.refunded + found.pieces });
}

/** Refunds a scenario begins with. */
export function begin(world: World): void {
  const { refunds } = world.scenario;
  if (refunds === "none" || world.current === null) return;
  const sold = world.payments.find((one) => one.id === "1171");
  if (sold) issue(world, sold, sold.pieces);
  if (refunds !== "some") return;
  // Of mine: three pieces, one given back already, one on its way.
  const bought = world.payments.find((one) => one.id === "1190");
  const back = invoice("688", { private: true, refundOf: "1190", owner: me, mine: true, unitSats: "28400", payments: 1, status: "payed" });
  if (bought) {
    const came = makePayment("1206", back, 1, { created: ago(40), buyer: sellers.teas, direction: "toMe", refund: true, refundOf: "1190" });
    world.keep({ ...bought, refunded: 1, refunding: 1 });
    world.keep(came);
  }
  // Of somebody's: three pieces, two given back in one payment of mine.
  const given = world.payments.find((one) => one.id === "1204");
  const their = invoice("689", { private: true, refundOf: "1204", owner: buyers.nine, unitSats: "40900", payments: 1, status: "payed", piecesMin: 2, piecesMax: 2 });
  if (given) {
    const went = makePayment("1205", their, 1, { created: ago(70), pieces: 2, refund: true, refundOf: "1204" });
    world.keep({ ...given, refunded: 2 });
    world.keep(went);
  }
}

import type { AdList, Fault, FiatChoice, PayByDeal, PayDesk, PayFromBalance, PaymentDetail, PayOutcome } from "../types";
import { advertisement, suitable } from "./ads";
import { now } from "./clock";
import { find, open } from "./deals";
import { fault, refuse } from "./faults";
import { look, operate } from "./journal";
import { payment as makePayment } from "./payments";
import * as refunds from "./refunds";
import { cents, estimate } from "./sums";
import { sealed, type World } from "./world";

let lastChoice: FiatChoice | null = null;

function number(text: string): string {
  const digits = /^(?:https?:\/\/[^\s?#]*\/|kvit:(?:\/\/)?(?:invoice\/)?)?(\d{1,18})\/?$/i.exec(text.trim())?.[1];
  if (digits === undefined) refuse("invoiceNumberInvalid");
  return digits.replace(/^0+(?=\d)/, "");
}

function unitSats(world: World, id: string): bigint {
  const invoice = world.invoices.get(id);
  if (!invoice) refuse("invoiceNotFound", { values: { invoice: id } });
  const unit = BigInt(invoice.unitSats);
  return invoice.baseCrypto ? unit : (unit * (10_000n + world.shift)) / 10_000n;
}

/** A private invoice has one price, however many pieces it is for. */
function totalOf(world: World, id: string, pieces: number): bigint {
  return unitSats(world, id) * (world.invoices.get(id)?.private === true ? 1n : BigInt(pieces));
}

/** Why an invoice cannot be paid at all. */
function obstacle(world: World, id: string, pieces: number): Fault | null {
  const invoice = world.invoices.get(id);
  if (!invoice) return fault("invoiceNotFound", { values: { invoice: id } });
  if (invoice.mine) return fault("ownInvoice");
  if (invoice.status === "noPieces") return fault("invoiceSoldOut");
  if (invoice.status === "expired") return fault("invoiceExpired");
  if (invoice.status !== "active") return fault("invoiceNotActive");
  const values = { max: String(invoice.piecesMax), min: String(invoice.piecesMin) };
  if (pieces > invoice.piecesMax) return fault("tooManyPieces", { values, next: "changePieces" });
  if (pieces < invoice.piecesMin) return fault("tooFewPieces", { values, next: "changePieces" });
  return null;
}

/** An invoice on the pay screen. */
export function desk(world: World, text: string, asked: number | null): PayDesk {
  const id = number(text);
  const unit = unitSats(world, id);
  const card = world.invoices.get(id);
  if (!card) refuse("invoiceNotFound", { values: { invoice: id } });
  const pieces = card.private ? Math.max(card.piecesMin, 1) : (asked ?? Math.max(card.piecesMin, 1));
  const total = totalOf(world, id, pieces);
  const unknown = [...world.operations.values()].find(
    (one) => one.invoice === id && (one.state === "unknown" || one.state === "needsAPerson"),
  );
  const pending = world.payments.find((one) => one.status === "pending" && one.invoice.id === id);
  const paid = world.payments.find((one) => one.status === "paid" && one.direction === "fromMe" && one.invoice.id === id);
  const enough = world.balance >= total;
  const refund = refunds.deskOf(world, id);
  return {
    invoice: structuredClone({ ...card, unitSats: unit.toString(), fiatEstimate: estimate(unit) }),
    pieces,
    totalSats: total.toString(),
    totalFiat: estimate(total),
    balanceSats: world.balance.toString(),
    remainsSats: enough ? (world.balance - total).toString() : null,
    obstacle: unknown ? fault("operationInProgress", { next: "wait" }) : obstacle(world, id, pieces),
    balanceObstacle:
      refunds.costly({ totalSats: total.toString() }, refund) ??
      (enough ? null : fault("insufficientBalance", { next: "payAnotherWay" })),
    pending: pending ? world.payment(pending.id) : null,
    alreadyPaid: paid?.id ?? null,
    unknown: unknown ? structuredClone(unknown) : null,
    lastChoice,
    refund,
  };
}

/** Advertisements for a purchase. */
export function ads(world: World, invoice: string, pieces: number, choice: FiatChoice): AdList {
  const total = totalOf(world, invoice, pieces);
  lastChoice = choice;
  return { invoice, pieces, totalSats: total.toString(), ads: suitable(choice, total, world.shift) };
}

function refused(code: Fault["code"], given: Partial<Fault> = {}): PayOutcome {
  return { kind: "refused", fault: fault(code, given) };
}

function check(world: World, request: PayFromBalance): PayOutcome | null {
  const { invoice, pieces, seenSats: seen } = request;
  if (request.account !== world.current) return refused("accountChanged");
  // The click comes too late: the price has moved since it was shown.
  world.shift = world.scenario.rise;
  const stands = obstacle(world, invoice, pieces);
  if (stands) return { kind: "refused", fault: stands };
  const total = (totalOf(world, invoice, pieces)).toString();
  if (total !== seen) {
    return refused("priceChanged", { next: "reviewPrice", values: { seen, now: total } });
  }
  return null;
}

/** Pays from balance. */
export function fromBalance(world: World, request: PayFromBalance): PayOutcome {
  const stands = check(world, request);
  if (stands) return stands;
  const total = BigInt(request.seenSats);
  if (world.balance < total) return refused("insufficientBalance", { next: "payAnotherWay" });
  const card = world.invoices.get(request.invoice);
  if (!card) return refused("invoiceNotFound");
  const more = refunds.costly({ totalSats: request.seenSats }, refunds.deskOf(world, request.invoice));
  if (more) return { kind: "refused", fault: more };
  const take = (): PaymentDetail => {
    world.balance -= total;
    const made = refunds.asRefund(world, sealed(
      makePayment(world.number(), card, request.pieces, {
        created: now(),
        sats: total.toString(),
        secrets: Array.from({ length: request.pieces }, (_, index) => ({
          text: `Locker ${String(14 + index)}, code ${String(5512 + index * 41)}`,
          url: null,
          pictures: [],
        })),
      }),
    ));
    world.keep(made);
    refunds.paid(world, card.id);
    return made;
  };
  const { reply } = world.scenario;
  if (reply === "lostFound" || reply === "lostAbsent") {
    const operation = operate(world, {
      act: "payFromBalance",
      invoice: card.id,
      pieces: request.pieces,
      sats: request.seenSats,
      counterparty: card.owner.name,
    });
    look(world, operation.id, () =>
      reply === "lostFound" ? { state: "done", payment: take().id } : { state: "provenAbsent" },
    );
    return { kind: "unknown", operation };
  }
  return { kind: "done", payment: take(), differs: false };
}

/** Pays through an advertisement. */
export function byDeal(world: World, request: PayByDeal): PayOutcome {
  const stands = check(world, request);
  if (stands) return stands;
  const card = world.invoices.get(request.invoice);
  if (!card) return refused("invoiceNotFound");
  const total = BigInt(request.seenSats);
  const best = suitable(request.choice, total, world.shift)[0];
  const ad = request.ad === null ? best : advertisement(request.ad, total, world.shift);
  if (!ad) return refused("noSuitableAd", { next: "changeSearch" });
  const moved =
    request.ad === null ? cents(ad.total.amount) > cents(request.seenFiat) : ad.total.amount !== request.seenFiat;
  if (moved) {
    return refused("priceChanged", {
      next: "reviewPrice",
      values: { seen: request.seenFiat, now: ad.total.amount, currency: ad.total.currency },
    });
  }
  const { reply } = world.scenario;
  if (reply === "wasThere") return refused("paymentPending", { next: "openPayment", values: { payment: "1210" } });
  if (reply === "lostFound" || reply === "lostAbsent") {
    const operation = operate(world, {
      act: request.ad === null ? "payByBestDeal" : "payByDeal",
      invoice: card.id,
      pieces: request.pieces,
      sats: request.seenSats,
      fiat: ad.total,
      counterparty: ad.owner.name,
    });
    look(world, operation.id, () => {
      if (reply === "lostAbsent") return { state: "provenAbsent" };
      const made = makePayment(world.number(), card, request.pieces, { created: now(), status: "pending" });
      open(world, ad, made);
      return { state: "done", payment: made.id };
    });
    return { kind: "unknown", operation };
  }
  const made = makePayment(world.number(), card, request.pieces, {
    created: now(),
    status: "pending",
    sats: total.toString(),
  });
  const deal = open(world, ad, made);
  return {
    kind: "done",
    payment: { ...world.payment(made.id), deal: find(world, deal.summary.id).summary },
    differs: reply === "differs",
  };
}

/** Cancels a payment, with its deal. */
export function cancelPayment(world: World, id: string): PaymentDetail {
  const found = world.payment(id);
  if (found.status === "paid") refuse("paymentAlreadyPaid");
  if (found.status === "canceled") refuse("paymentCanceled");
  for (const deal of world.deals.values()) {
    if (deal.summary.payment !== id) continue;
    if (deal.summary.fiatDeclared) refuse("fiatDeclared");
    deal.summary = { ...deal.summary, status: "canceled", turn: null };
    Object.assign(deal, { canceled: now(), canDeclare: false, canCancel: false, canWrite: false });
    world.tell([{ kind: "deals" }, { kind: "deal", id: deal.summary.id }]);
  }
  world.keep({ ...found, status: "canceled", turn: null, canCancel: false });
  return world.payment(id);
}

/** The operation a scenario begins with: a payment from balance whose answer never came. */
export function begin(world: World): void {
  const { operation, canceling } = world.scenario;
  if (canceling) operate(world, { id: "op-2", act: "cancelPayment", payment: "1210", sats: "240000", counterparty: "shop-1", looks: 2 });
  if (operation === null) return;
  const card = world.invoices.get("88");
  if (!card) return;
  operate(world, {
    id: "op-1",
    invoice: "88",
    pieces: 2,
    sats: "240000",
    counterparty: card.owner.name,
    since: new Date(Date.now() - (operation === "needsAPerson" ? 41 : 1) * 60_000).toISOString(),
    state: operation,
    looks: operation === "needsAPerson" ? 40 : 3,
  });
}

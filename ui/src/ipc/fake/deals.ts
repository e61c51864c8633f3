import type { AdCard, Author, DealDetail, DealSummary, PaymentDetail } from "../types";
import { advertisement } from "./ads";
import { ago, ahead, now } from "./clock";
import { refuse } from "./faults";
import { openDeal } from "./feedback";
import { payment as makePayment } from "./payments";
import { noSeal } from "./seals";
import { append, place, type Talk } from "./talks";
import { sealed, type World } from "./world";

const requisites = {
  RU: "Практика. Карта для перевода: 0000 0000 0000 0000, получатель УЧЕБНЫЙ П. П. Это не настоящие реквизиты.",
  other: "PRACTICE. Account: XX00 0000 0000 0000, owner PRACTICE TRADER. These are not real details.",
};

const thanks = { RU: "Вижу перевод, спасибо. Отпускаю биткоины.", other: "I see the transfer, thank you. Releasing." };
const heard = { RU: "Понял, жду.", other: "All right, I am waiting." };

function said(deal: DealDetail, words: typeof requisites): string {
  return deal.ad.country === "RU" ? words.RU : words.other;
}

/** Somebody writes into the chat of a deal. */
function say(world: World, deal: DealDetail, author: Author, text: string, at = now()): DealDetail {
  const messages = append(world, chat(world, deal), { author, text, created: at });
  return { ...deal, summary: { ...deal.summary, messages } };
}

/** The chat of a deal. */
function chat(world: World, deal: DealDetail): Talk {
  const { id, counterparty } = deal.summary;
  return place(world, `deal/${id}`, { kind: "deal", with: counterparty, subject: deal.ad.title, number: id, iAm: "trader" });
}

function keep(world: World, deal: DealDetail): DealDetail {
  world.deals.set(deal.summary.id, deal);
  world.tell([{ kind: "deal", id: deal.summary.id }, { kind: "deals" }, { kind: "app" }]);
  return structuredClone({ ...deal, canGiveFeedback: openDeal(deal), asOf: now() });
}

/** The deal of this number. */
export function find(world: World, id: string): DealDetail {
  const deal = world.deals.get(id);
  if (!deal) refuse("dealNotFound");
  return structuredClone({ ...deal, canGiveFeedback: openDeal(deal), asOf: now() });
}

/** All deals, newest first. */
export function list(world: World): DealSummary[] {
  return structuredClone([...world.deals.values()].map((deal) => deal.summary)).sort((a, b) => Number(b.id) - Number(a.id));
}

/** Opens a deal on an advertisement for a pending payment; the trader then acts by itself. */
export function open(world: World, ad: AdCard, payment: PaymentDetail, created = now()): DealDetail {
  const id = world.number();
  const ends = new Date(Date.parse(created) + ad.windowMinutes * 60_000).toISOString();
  const turn = { waitsFor: "myTransfer" as const, until: ends, fiat: ad.total };
  const deal: DealDetail = {
    summary: {
      id,
      status: "opened",
      counterparty: ad.owner,
      fiat: ad.total,
      sats: payment.sats,
      iPayFiat: true,
      fiatDeclared: false,
      paymentType: ad.paymentType,
      payment: payment.id,
      created,
      turn,
      messages: 0,
    },
    ad,
    windowEnds: ends,
    fiatDeclaredAt: null,
    completed: null,
    canceled: null,
    disputed: null,
    feeSats: (BigInt(payment.sats) / 100n).toString(),
    feedbackMine: null,
    feedbackTheirs: null,
    canGiveFeedback: false,
    canDeclare: true,
    canCancel: true,
    canWrite: true,
    asOf: now(),
  };
  world.keep({ ...payment, status: "pending", seal: noSeal, turn, canCancel: true, fiat: ad.total, fiatEstimated: false });
  keep(world, deal);
  later(world, id, (one) => (one.summary.status === "opened" && one.summary.messages === 0 ? say(world, one, "them", said(one, requisites)) : one));
  return deal;
}

function later(world: World, id: string, act: (deal: DealDetail) => DealDetail): void {
  setTimeout(() => {
    const deal = world.deals.get(id);
    if (deal) keep(world, act(deal));
  }, world.scenario.pace);
}

/** The person wrote into the chat; the trader answers. */
export function answer(world: World, id: string): void {
  later(world, id, (one) => say(world, one, "them", said(one, heard)));
}

/** The person says that the fiat was sent; the trader completes the deal. */
export function declare(world: World, id: string, seen: string): DealDetail {
  const deal = find(world, id);
  if (deal.summary.fiatDeclared) refuse("alreadyDeclared");
  if (deal.summary.status !== "opened") refuse("dealNotOpen");
  if (seen !== deal.summary.fiat.amount) refuse("priceChanged", { next: "reviewPrice" });
  later(world, id, (one) => complete(world, one));
  return keep(world, declared(deal));
}

function declared(deal: DealDetail): DealDetail {
  const turn = { waitsFor: "theirConfirmation" as const, until: deal.windowEnds, fiat: deal.summary.fiat };
  return {
    ...deal,
    fiatDeclaredAt: now(),
    canDeclare: false,
    canCancel: false,
    summary: { ...deal.summary, fiatDeclared: true, turn },
  };
}

function complete(world: World, deal: DealDetail): DealDetail {
  const paid = world.payments.find((one) => one.id === deal.summary.payment);
  if (paid) {
    world.keep(
      sealed({
        ...paid,
        status: "paid",
        turn: null,
        canCancel: false,
        secrets: Array.from({ length: paid.pieces }, (_, index) => ({
          text: `Locker ${String(20 + index)}, code ${String(4096 + index * 37)}`,
          url: null,
          pictures: [],
        })),
      }),
    );
  }
  const spoken = say(world, deal, "them", said(deal, thanks));
  return {
    ...spoken,
    completed: now(),
    canWrite: false,
    canDeclare: false,
    canCancel: false,
    summary: { ...spoken.summary, status: "completed", turn: null },
  };
}

/** Cancels a deal and its payment. */
export function cancel(world: World, id: string): DealDetail {
  const deal = find(world, id);
  if (deal.summary.fiatDeclared) refuse("fiatDeclared");
  if (deal.summary.status !== "opened") refuse("dealNotOpen");
  const paid = world.payments.find((one) => one.id === deal.summary.payment);
  if (paid) world.keep({ ...paid, status: "canceled", turn: null, canCancel: false });
  return keep(world, canceled(deal));
}

function canceled(deal: DealDetail): DealDetail {
  return {
    ...deal,
    canceled: now(),
    canDeclare: false,
    canCancel: false,
    canWrite: false,
    summary: { ...deal.summary, status: "canceled", turn: null },
  };
}

/** An older deal that is long complete, so that the list is a list. */
function beginOlder(world: World): void {
  const tea = world.invoices.get("640");
  const older = advertisement("9010", 84_000n);
  if (!tea || !older) return;
  const before = makePayment("1090", tea, 3, { created: ago(3000), status: "pending" });
  keep(world, { ...complete(world, declared(open(world, older, before, ago(3000)))), windowEnds: ahead(-2970) });
}

/** A deal in which the person sells bitcoin: it is locked until the fiat came. */
function beginSale(world: World): void {
  const invoice = world.invoices.get("77");
  const ad = advertisement("9001", 500_000n);
  if (!invoice || !ad) return;
  const bought = makePayment("1211", invoice, 1, { created: ago(4), status: "canceled", sats: "500000" });
  const deal = open(world, ad, bought, ago(4));
  world.payments = world.payments.filter((one) => one.id !== bought.id);
  keep(world, {
    ...deal,
    canDeclare: false,
    summary: {
      ...deal.summary,
      iPayFiat: false,
      payment: null,
      turn: { waitsFor: "theirTransfer", until: deal.windowEnds, fiat: deal.summary.fiat },
    },
  });
}

/** Puts the deal a scenario asks for into the world: two pieces of invoice 88 through an advertisement in Germany. */
export function begin(world: World): void {
  const { deal: state } = world.scenario;
  if (state === "none") return;
  beginOlder(world);
  if (state === "selling") return beginSale(world);
  const invoice = world.invoices.get("88");
  const ad = advertisement("9001", 240_000n);
  if (!invoice || !ad) return;
  const payment = makePayment("1210", invoice, 2, { created: ago(19), status: "pending" });
  let deal = open(world, ad, payment, ago(19));
  const told = (author: Author, text: string, minutes: number): void => {
    deal = say(world, deal, author, text, ago(minutes));
  };
  told("them", requisites.other, 18);
  told("me", "Thank you. I am sending it from my own account.", 15);
  told("them", "Good. Please write 1211 as the purpose: https://elbe-exchange.example/help", 14);
  if (state === "declared") deal = declared(deal);
  if (state === "completed") deal = complete(world, declared(deal));
  if (state === "canceled") {
    deal = canceled(deal);
    world.keep({ ...payment, status: "canceled", turn: null, canCancel: false });
  }
  keep(world, deal);
}

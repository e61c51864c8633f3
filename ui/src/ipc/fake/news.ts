import type { NewsPage, NewsRow } from "../types";
import { ago, now } from "./clock";
import { payment as makePayment } from "./payments";
import { buyers, me } from "./people";
import { sealed, type World } from "./world";

const pageSize = 50;

function piece(id: number, kind: NewsRow["kind"], minutes: number, given: Partial<NewsRow>): NewsRow {
  return {
    id: String(id),
    at: ago(minutes),
    kind,
    payment: null,
    deal: null,
    invoice: null,
    person: "",
    sats: null,
    fiat: null,
    talk: null,
    read: true,
    ...given,
  };
}

function usual(world: World): NewsRow[] {
  const hasDeal = world.scenario.deal !== "none" && world.scenario.deal !== "selling";
  const deal = hasDeal ? ([...world.deals.values()].at(-1)?.summary.id ?? null) : null;
  return [
    ...(deal === null
      ? []
      : [piece(9, "dealMessage", 14, { deal, talk: `deal/${deal}`, payment: "1210", person: "elbe-exchange", read: false })]),
    piece(8, "paymentReceived", 150, { payment: "1204", person: "client-9", sats: "60000", invoice: "77", read: false }),
    piece(7, "invoiceIssued", 26 * 60, { invoice: "300", person: "velo-remont", sats: "310000", read: false }),
    piece(6, "dealCompleted", 27 * 60, { deal: "1190", person: "kaufmann", sats: "84000", fiat: { amount: "50.40", currency: "EUR" } }),
    piece(5, "fiatDeclared", 28 * 60, { deal: "1190", person: "kaufmann", fiat: { amount: "50.40", currency: "EUR" } }),
    piece(4, "dealDisputed", 3 * 24 * 60, { deal: "1150", person: "ural-24" }),
    piece(3, "dealCanceled", 4 * 24 * 60, { deal: "1144", person: "neva-obmen" }),
    piece(2, "invoiceWithdrawn", 5 * 24 * 60, { invoice: "66", person: "velo-remont" }),
    piece(1, "conversationMessage", 6 * 24 * 60, { person: "nord-teas", talk: `invoice/640/${me.id}` }),
  ];
}

/** The news of the start, and the payments that come in one by one. */
export function begin(world: World): void {
  if (world.scenario.news === "usual" && world.scenario.payments !== "none") world.news = usual(world);
  arrive(world, world.scenario.arrivals);
}

function arrive(world: World, left: number): void {
  if (left === 0) return;
  setTimeout(() => {
    const invoice = world.invoices.get("77");
    if (!invoice) return;
    const made = sealed(makePayment(world.number(), invoice, 1, { buyer: buyers.four, direction: "toMe", created: now() }));
    world.keep(made);
    const row = piece(world.news.length + 1, "paymentReceived", 0, {
      at: now(),
      payment: made.id,
      invoice: "77",
      person: made.buyer.name,
      sats: made.sats,
      read: false,
    });
    world.news = [row, ...world.news];
    world.tell([{ kind: "news" }, { kind: "app" }]);
    arrive(world, left - 1);
  }, world.scenario.pace);
}

/** A page of the news. */
export function page(world: World, before: string | null): NewsPage {
  const all = world.news.filter((one) => before === null || BigInt(one.id) < BigInt(before));
  const rows = all.slice(0, pageSize);
  return { rows, next: all.length > pageSize ? (rows.at(-1)?.id ?? null) : null };
}

/** The person read them. */
export function read(world: World): null {
  world.news = world.news.map((one) => ({ ...one, read: true }));
  world.tell([{ kind: "news" }, { kind: "app" }]);
  return null;
}

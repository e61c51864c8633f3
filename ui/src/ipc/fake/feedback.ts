import type { DealDetail, FeedbackCard, FeedbackPage, PaymentDetail } from "../types";
import { ago, now } from "./clock";
import { refuse } from "./faults";
import { hostileText } from "./invoices";
import { lost } from "./journal";
import { everybody } from "./people";
import type { World } from "./world";

const most = 500;
const pageSize = 20;

/** May the person say how a payment went. */
export function open(payment: PaymentDetail): boolean {
  const own = payment.direction === "fromMe" ? payment.buyerFeedback : payment.sellerFeedback;
  return payment.status === "paid" && !payment.refund && own === null;
}

/** May the person say how a deal went. */
export function openDeal(deal: DealDetail): boolean {
  return (deal.summary.status === "completed" || deal.summary.status === "canceled") && deal.feedbackMine === null;
}

/** Says how a payment went. */
export function give(world: World, id: string, positive: boolean, text: string): PaymentDetail {
  const found = world.payment(id);
  if (text.length > most) refuse("feedbackTooLong", { values: { max: String(most) } });
  if (found.status !== "paid" || found.refund) refuse("feedbackNotPossible");
  if (!open(found)) refuse("feedbackGiven");
  const said = { positive, text, created: now() };
  const keep = (): void => {
    const payment = world.payment(id);
    world.keep({ ...payment, ...(payment.direction === "fromMe" ? { buyerFeedback: said } : { sellerFeedback: said }) });
  };
  const other = found.direction === "fromMe" ? found.invoice.owner.name : found.buyer.name;
  if (lost(world, { act: "givePaymentFeedback", payment: id, counterparty: other }, keep)) {
    refuse("outcomeUnknown", { next: "wait" });
  }
  keep();
  return world.payment(id);
}

/** Says how a deal went. */
export function giveDeal(world: World, id: string, positive: boolean, text: string): DealDetail {
  const found = world.deals.get(id);
  if (!found) refuse("dealNotFound");
  if (text.length > most) refuse("feedbackTooLong", { values: { max: String(most) } });
  if (found.feedbackMine !== null) refuse("feedbackGiven");
  if (!openDeal(found)) refuse("feedbackNotPossible");
  const keep = (): void => {
    const deal = world.deals.get(id);
    if (deal) world.deals.set(id, { ...deal, feedbackMine: { positive, text, created: now() } });
    world.tell([{ kind: "deal", id }, { kind: "deals" }]);
  };
  if (lost(world, { act: "giveDealFeedback", counterparty: found.summary.counterparty.name }, keep)) {
    refuse("outcomeUnknown", { next: "wait" });
  }
  keep();
  return structuredClone({ ...(world.deals.get(id) ?? found), canGiveFeedback: false });
}

const words: [boolean, string][] = [
  [true, "Quick, and well packed."],
  [true, "Всё пришло за два дня, спасибо."],
  [true, ""],
  [false, "Waited a week for an answer. The goods were fine in the end."],
  [true, "Second time, as good as the first."],
  [true, "Locker code worked at once."],
];

/** What others say of somebody, newest first. */
export function of(user: string, deals: boolean, before: string | null): FeedbackPage {
  const person = everybody().find((one) => one.id === user);
  if (!person) refuse("userNotFound");
  const rate = deals ? person.dealRate : person.invoiceRate;
  const total = rate === null ? 0 : Math.min(deals ? person.deals : person.paymentsReceived, 45);
  const all = Array.from({ length: total }, (_, at): FeedbackCard => {
    const [positive, text] = words[at % words.length] ?? [true, ""];
    const hostile = person.name === "north-prints" && at === 1;
    return { positive: hostile ? false : positive, text: hostile ? hostileText : text, created: ago(600 + at * 2300) };
  });
  const start = before === null ? 0 : Number(before);
  const items = all.slice(start, start + pageSize);
  return { items, next: start + pageSize < all.length ? String(start + pageSize) : null };
}

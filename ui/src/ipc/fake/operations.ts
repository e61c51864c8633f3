import type { FiatSum, OperationCard, OperationDetail, OperationsPage, OperationStep, StepKind } from "../types";
import { ago } from "./clock";
import { fault, refuse } from "./faults";
import type { World } from "./world";

const pageSize = 50;
const balanceBefore = "48362010";
const mark = "1206";

/** What the journal has beyond what a card says. */
interface Extra {
  /** The answer came at once: nothing had to be looked for. */
  answered?: boolean;
  taken?: OperationDetail["taken"];
  doubles?: string[];
  deal?: string;
  resumed?: boolean;
}

const extras = new WeakMap<World, Map<string, Extra>>();

function extraOf(world: World, id: string): Extra {
  return extras.get(world)?.get(id) ?? {};
}

function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

/** The steps of an operation as a journal would have them by now. */
function steps(card: OperationCard, extra: Extra): OperationStep[] {
  const out: OperationStep[] = [];
  const note = (kind: StepKind, seconds: number, values: Record<string, string> = {}): void => {
    out.push({ at: later(card.since, seconds), kind, values });
  };
  note("prepared", 0);
  note("sent", 0);
  if (card.state === "sent") return out;
  if (card.state === "refused") {
    note("answered", 1);
    note("refused", 1, { code: card.fault?.code ?? "serverFailed" });
    return out;
  }
  const payment: Record<string, string> = card.payment === null ? {} : { payment: card.payment };
  if (extra.answered === true) {
    note("answered", 1);
    if (extra.taken) note("differs", 1);
    note("done", 1, payment);
    return out;
  }
  note("silence", 5, { code: "connectionLost" });
  const seen: Record<string, string> = card.act.startsWith("pay") ? { newest: mark, balance: balanceBefore } : {};
  let at = 8;
  if (extra.resumed === true) note("resumed", at, {});
  for (let look = 0; look < card.looks; look += 1) {
    at = 8 + look * 11;
    const last = look === card.looks - 1;
    if (last && card.state === "done") note("looked", at, { found: "found", late: "yes" });
    else if (look === 1 && card.looks > 2) note("looked", at, { found: "failed", late: "no" });
    else note("looked", at, { found: "nothing", late: look > 1 ? "yes" : "no", ...seen });
  }
  if (card.state === "done") note("done", at, payment);
  for (const double of extra.doubles ?? []) note("double", at + 4, { payment: double });
  if (extra.taken) note("differs", at);
  if (card.state === "provenAbsent") note("provenAbsent", at);
  if (card.state === "needsAPerson") note("needsAPerson", at);
  return out;
}

/** One operation. */
export function find(world: World, id: string): OperationDetail {
  const card = world.operations.get(id);
  if (!card) refuse("operationNotFound");
  const extra = extraOf(world, id);
  const paying = card.act.startsWith("pay");
  return {
    card,
    steps: steps(card, extra),
    balanceBefore: paying ? balanceBefore : null,
    mark: paying ? mark : null,
    taken: extra.taken ?? null,
    doubles: extra.doubles ?? [],
    deal: extra.deal ?? null,
    refunds: [],
    refundOf: null,
    said: null,
    otherwise: false,
  };
}

/** A page of the operations, newest first. */
export function page(world: World, before: string | null): OperationsPage {
  const all = [...world.operations.values()].sort((one, other) => Date.parse(other.since) - Date.parse(one.since));
  const start = before === null ? 0 : all.findIndex((one) => one.id === before) + 1;
  const rows = all.slice(start, start + pageSize);
  return { rows, next: start + pageSize < all.length ? (rows.at(-1)?.id ?? null) : null };
}

/** Writes down the operations a scenario begins with. */
export function begin(world: World): void {
  const own = new Map<string, Extra>();
  extras.set(world, own);
  const add = (id: string, minutes: number, given: Partial<OperationCard>, extra: Extra = {}): void => {
    const since = ago(minutes);
    const open = given.state === "unknown" || given.state === "needsAPerson" || given.state === "sent";
    own.set(id, extra);
    world.operations.set(id, {
      id,
      act: "payFromBalance",
      invoice: null,
      pieces: null,
      sats: null,
      fiat: null,
      counterparty: null,
      since,
      state: "done",
      looks: 0,
      payment: null,
      fault: null,
      settled: open ? null : later(since, 1),
      account: world.current ?? "",
      ...given,
    });
  };
  const { journal } = world.scenario;
  if (journal === "none" || world.current === null) return;
  const day = 24 * 60;
  const usd = (amount: string): FiatSum => ({ amount, currency: "USD" });
  if (journal === "twice") {
    const paid = { invoice: "88", pieces: 2, sats: "240000", counterparty: "shop-1", payment: "1206" };
    add("op-77", 10, { ...paid, looks: 3, settled: ago(9) }, { doubles: ["1207"] });
  }
  if (journal === "differs") {
    const taken = { agreedSats: "240000", takenSats: "243600", agreedFiat: usd("144.00"), takenFiat: usd("146.16") };
    const paid = { invoice: "88", pieces: 2, sats: "240000", fiat: usd("144.00"), counterparty: "shop-1", payment: "1207" };
    add("op-78", 9, { ...paid, act: "payByBestDeal" }, { answered: true, taken });
  }
  if (journal === "deals") {
    add("op-79", 3, { act: "iPaid", fiat: usd("66.24"), counterparty: "north-trader", state: "unknown", looks: 2 }, { deal: "1301", resumed: true });
    add("op-80", 2, { act: "cancelPayment", invoice: "88", counterparty: "shop-1", state: "sent" });
  }
  add("op-71", day + 40, { invoice: "51", pieces: 1, sats: "31250", counterparty: "books-and-maps", payment: "1199" }, { answered: true });
  add("op-70", day + 60, {
    invoice: "92",
    pieces: 2,
    sats: "400000",
    counterparty: "velo-remont",
    state: "refused",
    fault: fault("insufficientBalance"),
  });
  add("op-69", day + 500, {
    invoice: "640",
    pieces: 3,
    sats: "84000",
    counterparty: "nord-teas",
    payment: "1190",
    looks: 4,
    settled: ago(day + 499),
  });
  add("op-68", 2 * day, { act: "cancelPayment", invoice: "88", counterparty: "shop-1" }, { answered: true });
  add("op-67", 3 * day, {
    act: "payByDeal",
    invoice: "640",
    pieces: 1,
    sats: "28000",
    fiat: usd("16.80"),
    counterparty: "elbe-exchange",
    state: "provenAbsent",
    looks: 5,
    settled: ago(3 * day - 3),
  });
  if (journal !== "many") return;
  for (let at = 0; at < 125; at += 1) {
    const paid = { invoice: "88", pieces: 1 + (at % 3), sats: String(120_000 * (1 + (at % 3))), counterparty: "shop-1" };
    add(`op-old-${String(at)}`, 4 * day + at * 190, { ...paid, payment: String(1100 - at) }, { answered: true });
  }
}

import type {
  AccountCard,
  AppState,
  DealDetail,
  InvoiceCard,
  NewsRow,
  OperationCard,
  PaymentDetail,
  PaymentRow,
  PaymentsPage,
  PaymentsQuery,
  Reckoning,
  Settings,
  Topic,
} from "../types";
import { practiceAccount, realAccount } from "./accounts";
import { ago, now } from "./clock";
import { fault, refuse } from "./faults";
import { open } from "./feedback";
import { invoices } from "./invoices";
import { rights } from "./refunds";
import { above, history, LONG, older, olderAt, olderRow, row } from "./payments";
import type { Scenario } from "./scenarios";
import { forged, mismatched, unverified, verified } from "./seals";
import { estimate } from "./sums";
import { remembered } from "./memory";
import { Store } from "./store";
import { Sync } from "./sync";
import { unread, type Talk } from "./talks";

const most = 100;

/** State of the fake world, and reading it. */
export class World {
  accounts: AccountCard[];
  current: string | null;
  settings: Settings;
  payments: PaymentDetail[];
  readonly deals = new Map<string, DealDetail>();
  readonly talks = new Map<string, Talk>();
  readonly operations = new Map<string, OperationCard>();
  readonly invoices: Map<string, InvoiceCard>;
  balance: bigint;
  /** How far prices have moved, in hundredths of a percent. */
  shift = 0n;
  readonly sync: Sync;
  readonly store: Store;
  news: NewsRow[] = [];
  private reconnected = false;
  private lastNumber: number;
  private longRows: PaymentRow[] | null = null;

  constructor(
    readonly scenario: Scenario,
    settings: Settings,
    readonly tell: (topics: Topic[]) => void,
  ) {
    this.settings = settings;
    this.accounts = startingAccounts(scenario);
    this.current = this.accounts[0]?.id ?? null;
    this.invoices = invoices();
    this.balance = scenario.balance;
    this.payments = startingPayments(scenario);
    this.lastNumber = scenario.payments === "many" ? 200_100 : 1300;
    this.sync = new Sync(this);
    this.store = new Store(scenario.store, this.current);
  }

  /** Number for a new object. */
  number(): string {
    this.lastNumber += 1;
    return String(this.lastNumber);
  }

  /** Makes an account the one in use. */
  use(id: string): void {
    this.current = id;
    this.reconnected = true;
    if (this.payments.length === 0 && this.scenario.accounts === "none") this.payments = history();
    this.tell([{ kind: "app" }, { kind: "payments" }, { kind: "deals" }]);
  }

  /** The account in use. */
  get account(): AccountCard | undefined {
    return this.accounts.find((account) => account.id === this.current);
  }

  /** Tries the connection again: it comes back unless something has to be looked at first. */
  reconnect(): void {
    this.store.again();
    this.reconnected = this.scenario.connection === "waiting" || this.reconnected;
    this.tell([{ kind: "app" }]);
  }

  /** Everything the frame needs. */
  state(): AppState {
    const { account } = this;
    const used = account !== undefined;
    const shut = used && this.store.shut(account);
    const well = this.reconnected || this.scenario.connection === "connected";
    const open = [...this.operations.values()].filter((one) => ["sent", "unknown", "needsAPerson"].includes(one.state));
    const unresolved = open.filter((one) => one.act.startsWith("pay")).reduce((sum, one) => sum + BigInt(one.sats ?? "0"), 0n);
    const inDeals = [...this.deals.values()].filter(
      (deal) => deal.summary.status === "opened" && !deal.summary.iPayFiat,
    );
    const expected = this.scenario.payments === "none" ? 0n : 1_000_000n;
    const locked = inDeals.reduce((sum, deal) => sum + BigInt(deal.summary.sats), 0n);
    const { inNotes } = this.scenario;
    return {
      accounts: structuredClone(this.accounts),
      current: this.current,
      connection: {
        state: used ? (well ? "connected" : this.scenario.connection) : "idle",
        asOf: used ? (well ? now() : ago(12)) : null,
        fault: used && !well && this.scenario.ails ? fault(this.scenario.ails, this.ailment()) : null,
      },
      money: used && !shut
        ? {
            availableSats: this.balance.toString(),
            expectedSats: expected.toString(),
            inDealsSats: locked.toString(),
            inNotesSats: inNotes.toString(),
            totalSats: (this.balance + expected + locked + inNotes).toString(),
            unresolvedSats: unresolved.toString(),
            availableFiat: estimate(this.balance),
            asOf: well ? now() : ago(12),
            reckoning: this.scenario.reckoning ? this.reckon() : null,
          }
        : null,
      keychain: this.scenario.keychain,
      operations: structuredClone(open),
      dealsWaiting: [...this.deals.values()].filter((deal) => deal.summary.turn?.waitsFor === "myTransfer").length,
      ...unread(this),
      settings: { ...this.settings },
      store: this.store.card(account),
      sync: used && !shut ? this.sync.card(well) : null,
      unreadNews: used ? this.news.filter((one) => !one.read).length : 0,
      unseenNotices: this.payments.filter((one) => row(one).noticed).length,
    };
  }

  /** A balance that is 1500 satoshi less than what is known explains. */
  private reckon(): Reckoning {
    const should = this.balance + 1500n;
    return {
      since: ago(40),
      expectedLowSats: should.toString(),
      expectedHighSats: should.toString(),
      foundSats: this.balance.toString(),
    };
  }

  private ailment(): { next: "enterToken" | "checkConnection" | "tryAgain" } {
    const { ails } = this.scenario;
    if (ails === "tokenRejected" || ails === "tokenMissing") return { next: "enterToken" };
    return { next: ails === "certificateChanged" ? "checkConnection" : "tryAgain" };
  }

  /** A window of the list of payments. */
  page(query: PaymentsQuery): PaymentsPage {
    const text = query.text.trim().toLocaleLowerCase();
    const fits = (one: PaymentRow): boolean =>
      (query.direction === null || one.direction === query.direction) &&
      (query.status === null || one.status === query.status) &&
      (!query.noticedOnly || one.noticed) &&
      (text === "" ||
        one.id === text ||
        one.invoice === text ||
        one.person.toLocaleLowerCase().includes(text) ||
        one.comment.toLocaleLowerCase().includes(text));
    const count = Math.min(query.count, most);
    const top = this.payments.map((one) => this.row(one)).filter(fits);
    const known = this.sync.reach(this.scenario.payments === "many" ? LONG : 0);
    const asOf = this.sync.asOf();
    if (query.direction === null && query.status === null && !query.noticedOnly && text === "") {
      const total = top.length + known;
      const from = Math.min(query.from, total);
      const rows = Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, at) => {
        const index = from + at;
        return top[index] ?? olderRow(index - top.length);
      });
      return { rows, from, total, anchorIndex: this.anchor(query.anchor, top, known), asOf };
    }
    this.longRows ??= Array.from({ length: known }, (_, at) => olderRow(at));
    const all = [...top, ...this.longRows.slice(0, known).filter(fits)];
    const at = all.findIndex((one) => one.id === query.anchor);
    const from = Math.min(query.from, all.length);
    return { rows: all.slice(from, from + count), from, total: all.length, anchorIndex: at < 0 ? null : at, asOf };
  }

  private anchor(id: string | null, top: PaymentRow[], known: number): number | null {
    if (id === null) return null;
    const at = top.findIndex((one) => one.id === id);
    if (at >= 0) return at;
    const deep = this.scenario.payments === "many" ? olderAt(id) : null;
    return deep === null || deep >= known ? null : top.length + deep;
  }

  /** The row of a payment, marked when an operation about it is not settled. */
  private row(payment: PaymentDetail): PaymentRow {
    const open = [...this.operations.values()].some((one) => one.payment === payment.id && one.settled === null);
    return { ...row(payment), unresolved: open };
  }

  /** One payment as it stands, with its deal. */
  payment(id: string): PaymentDetail {
    const deep = this.scenario.payments === "many" ? olderAt(id) : null;
    const found = this.payments.find((one) => one.id === id) ?? (deep === null ? undefined : older(deep));
    if (!found) refuse("paymentNotFound");
    const deal = [...this.deals.values()].find((one) => one.summary.payment === id);
    const operation = [...this.operations.values()].find((one) => one.payment === id) ?? null;
    const { seal } = found;
    const receipt =
      seal.state === "verified" ? { firstSeen: found.created, keyGroups: seal.keyGroups } : found.receipt;
    return structuredClone({
      ...found,
      ...rights(this, found),
      canGiveFeedback: open(found),
      canTalk: found.canTalk && !found.refund,
      receipt,
      operation,
      deal: deal?.summary ?? found.deal,
    });
  }

  /** The person saw what contradicts what. */
  seen(id: string): void {
    const found = this.payments.find((one) => one.id === id);
    if (!found) refuse("paymentNotFound");
    if (!found.notices.some((notice) => !notice.seen)) return;
    this.keep({ ...found, notices: found.notices.map((notice) => ({ ...notice, seen: true })) });
  }

  /** Puts a payment in place of its older state, or in its place in the list. */
  keep(payment: PaymentDetail): void {
    const at = this.payments.findIndex((one) => one.id === payment.id);
    if (at < 0) {
      const older = this.payments.findIndex((one) => BigInt(one.id) < BigInt(payment.id));
      this.payments = this.payments.toSpliced(older < 0 ? this.payments.length : older, 0, payment);
    } else this.payments = this.payments.with(at, payment);
    this.tell([{ kind: "payments" }, { kind: "payment", id: payment.id }, { kind: "app" }]);
  }
}

function startingAccounts(scenario: Scenario): AccountCard[] {
  const real: AccountCard = {
    ...realAccount,
    token: scenario.tokenMissing ? "missing" : "keychain",
    store: scenario.store === "locked" ? "passphrase" : scenario.inMemory ? "memory" : "keychain",
    key: scenario.seal === "noKey" ? null : realAccount.key,
  };
  switch (scenario.accounts) {
    case "none":
      return [];
    case "practice":
      return [{ ...practiceAccount }];
    case "real":
      return [real];
    case "two":
      return [{ ...practiceAccount }, real];
    case "realFirst":
      return [real, { ...practiceAccount }];
  }
}

function startingPayments(scenario: Scenario): PaymentDetail[] {
  if (scenario.payments === "none") return [];
  const all = scenario.payments === "many" ? above(history()) : remembered(history(), scenario.memory);
  return all.map((one) => {
    if (one.id !== "1207" || scenario.seal === "verified") return one;
    if (scenario.seal === "mismatched") return { ...one, seal: mismatched(one) };
    if (scenario.seal === "forged") return { ...one, seal: forged(one) };
    return { ...one, seal: unverified(one, scenario.seal) };
  });
}

/** The seal a payment gets when it becomes paid. */
export function sealed(payment: PaymentDetail): PaymentDetail {
  return { ...payment, seal: verified(payment) };
}

import type {
  AccountCard,
  AppState,
  DealDetail,
  InvoiceCard,
  OperationCard,
  PaymentDetail,
  PaymentsPage,
  PaymentsQuery,
  Settings,
  Topic,
} from "../types";
import { practiceAccount, realAccount } from "./accounts";
import { ago, now } from "./clock";
import { fault, refuse } from "./faults";
import { invoices } from "./invoices";
import { history, longHistory, row } from "./payments";
import type { Scenario } from "./scenarios";
import { forged, mismatched, unverified, verified } from "./seals";
import { estimate } from "./sums";

const pageSize = 50;

/** State of the fake world, and reading it. */
export class World {
  accounts: AccountCard[];
  current: string | null;
  settings: Settings;
  payments: PaymentDetail[];
  readonly deals = new Map<string, DealDetail>();
  readonly operations = new Map<string, OperationCard>();
  readonly invoices: Map<string, InvoiceCard>;
  balance: bigint;
  /** How far prices have moved, in hundredths of a percent. */
  shift = 0n;
  private reconnected = false;
  private lastNumber = 1300;

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

  /** Tries the connection again: it comes back unless something has to be looked at first. */
  reconnect(): void {
    this.reconnected = this.scenario.connection === "waiting" || this.reconnected;
    this.tell([{ kind: "app" }]);
  }

  /** Everything the frame needs. */
  state(): AppState {
    const used = this.accounts.some((account) => account.id === this.current);
    const well = this.reconnected || this.scenario.connection === "connected";
    const open = [...this.operations.values()].filter((one) => ["sent", "unknown", "needsAPerson"].includes(one.state));
    const unresolved = open.reduce((sum, one) => sum + BigInt(one.sats ?? "0"), 0n);
    const inDeals = [...this.deals.values()].filter(
      (deal) => deal.summary.status === "opened" && !deal.summary.iPayFiat,
    );
    return {
      accounts: structuredClone(this.accounts),
      current: this.current,
      connection: {
        state: used ? (well ? "connected" : this.scenario.connection) : "idle",
        asOf: used ? (well ? now() : ago(12)) : null,
        fault: used && !well && this.scenario.ails ? fault(this.scenario.ails, this.ailment()) : null,
      },
      money: used
        ? {
            availableSats: this.balance.toString(),
            expectedSats: this.scenario.payments === "none" ? "0" : "1000000",
            inDealsSats: inDeals.reduce((sum, deal) => sum + BigInt(deal.summary.sats), 0n).toString(),
            unresolvedSats: unresolved.toString(),
            availableFiat: estimate(this.balance),
            asOf: well ? now() : ago(12),
          }
        : null,
      keychain: this.scenario.keychain,
      operations: structuredClone(open),
      dealsWaiting: [...this.deals.values()].filter((deal) => deal.summary.turn?.waitsFor === "myTransfer").length,
      settings: { ...this.settings },
    };
  }

  private ailment(): { next: "enterToken" | "checkConnection" | "tryAgain" } {
    const { ails } = this.scenario;
    if (ails === "tokenRejected" || ails === "tokenMissing") return { next: "enterToken" };
    return { next: ails === "certificateChanged" ? "checkConnection" : "tryAgain" };
  }

  /** A page of the list of payments. */
  page(query: PaymentsQuery): PaymentsPage {
    const text = query.text.trim().toLocaleLowerCase();
    const matching = this.payments
      .map(row)
      .filter((one) => query.direction === null || one.direction === query.direction)
      .filter((one) => query.status === null || one.status === query.status)
      .filter(
        (one) =>
          text === "" ||
          one.id === text ||
          one.invoice === text ||
          one.person.toLocaleLowerCase().includes(text) ||
          one.comment.toLocaleLowerCase().includes(text),
      )
      .filter((one) => query.before === null || BigInt(one.id) < BigInt(query.before));
    const rows = matching.slice(0, pageSize);
    return { rows, next: matching.length > pageSize ? (rows.at(-1)?.id ?? null) : null, asOf: now() };
  }

  /** One payment as it stands, with its deal. */
  payment(id: string): PaymentDetail {
    const found = this.payments.find((one) => one.id === id);
    if (!found) refuse("paymentNotFound");
    const deal = [...this.deals.values()].find((one) => one.summary.payment === id);
    return structuredClone({ ...found, deal: deal?.summary ?? found.deal, asOf: now() });
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
  }
}

function startingPayments(scenario: Scenario): PaymentDetail[] {
  if (scenario.payments === "none") return [];
  const all = scenario.payments === "many" ? longHistory(5000) : history();
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

import type { ConnectionState, FaultCode, KeychainState, OperationState, SealReason } from "../types";

/** Where the world begins and how it behaves. */
export interface Scenario {
  /** Accounts on this computer. */
  accounts: "none" | "practice" | "real" | "two";
  /** History of payments. */
  payments: "usual" | "none" | "many";
  /** Seal of payment 1207. */
  seal: "verified" | "mismatched" | "forged" | SealReason;
  /** The deal the world begins with, if any. */
  deal: "none" | "waiting" | "declared" | "completed" | "canceled";
  /** An operation that is not settled at the start. */
  operation: OperationState | null;
  /** Spendable satoshi. */
  balance: bigint;
  /** Keychain of the computer. */
  keychain: KeychainState;
  /** Connection and what ails it. */
  connection: ConnectionState;
  /** Why it is not connected. */
  ails: FaultCode | null;
  /** The account's token is gone. */
  tokenMissing: boolean;
  /** How a payment ends: in order; the answer lost and then found; lost and proven absent; the pending one returned. */
  reply: "done" | "lostFound" | "lostAbsent" | "wasThere" | "differs";
  /** Prices rise between the first look and the click, in hundredths of a percent. */
  rise: bigint;
  /** Milliseconds every command takes. */
  latency: number;
  /** Milliseconds a trader takes for each act. */
  pace: number;
  /** The practice marketplace does not start. */
  practiceFails: boolean;
}

const usual: Scenario = {
  accounts: "practice",
  payments: "usual",
  seal: "verified",
  deal: "none",
  operation: null,
  balance: 48_122_010n,
  keychain: "ready",
  connection: "connected",
  ails: null,
  tokenMissing: false,
  reply: "done",
  rise: 0n,
  latency: 15,
  pace: 900,
  practiceFails: false,
};

function but(change: Partial<Scenario>): Scenario {
  return { ...usual, ...change };
}

/** The worlds one can ask for by name. */
export const scenarios = {
  usual,
  firstRun: but({ accounts: "none", payments: "none", connection: "idle" }),
  practiceFails: but({ accounts: "none", payments: "none", connection: "idle", practiceFails: true }),
  empty: but({ payments: "none", balance: 0n }),
  many: but({ payments: "many" }),
  twoAccounts: but({ accounts: "two" }),
  realAccount: but({ accounts: "real" }),
  poor: but({ balance: 90_000n }),
  pendingDeal: but({ deal: "waiting" }),
  dealDeclared: but({ deal: "declared", pace: 3_600_000 }),
  dealCompleted: but({ deal: "completed" }),
  dealCanceled: but({ deal: "canceled" }),
  forged: but({ seal: "forged" }),
  mismatch: but({ seal: "mismatched" }),
  noKey: but({ seal: "noKey", accounts: "real" }),
  noConfirmation: but({ seal: "noConfirmation" }),
  unknownOutcome: but({ operation: "unknown", reply: "lostFound", pace: 3_600_000 }),
  needsPerson: but({ operation: "needsAPerson" }),
  lostFound: but({ reply: "lostFound", pace: 500 }),
  lostAbsent: but({ reply: "lostAbsent", pace: 500 }),
  wasThere: but({ reply: "wasThere" }),
  differs: but({ reply: "differs" }),
  priceMoves: but({ rise: 150n }),
  disconnected: but({ connection: "waiting", ails: "unreachable", accounts: "real" }),
  connecting: but({ connection: "connecting", accounts: "real" }),
  tokenRejected: but({ connection: "stopped", ails: "tokenRejected", accounts: "real" }),
  certificateChanged: but({ connection: "stopped", ails: "certificateChanged", accounts: "real" }),
  tokenMissing: but({ connection: "stopped", ails: "tokenMissing", accounts: "real", tokenMissing: true }),
  keychainMissing: but({ keychain: "missing", accounts: "none", payments: "none", connection: "idle" }),
  keychainLocked: but({ keychain: "locked", accounts: "none", payments: "none", connection: "idle" }),
  keychainDenied: but({ keychain: "denied", accounts: "none", payments: "none", connection: "idle" }),
  keychainBroken: but({ keychain: "broken", accounts: "none", payments: "none", connection: "idle" }),
  slow: but({ latency: 1500 }),
  still: but({ pace: 3_600_000 }),
} satisfies Record<string, Scenario>;

/** Names of the worlds. */
export type ScenarioName = keyof typeof scenarios;

/** The world of this name; the usual one for a name nobody knows. */
export function scenario(name: string | undefined): Scenario {
  return name !== undefined && Object.hasOwn(scenarios, name) ? scenarios[name as ScenarioName] : usual;
}

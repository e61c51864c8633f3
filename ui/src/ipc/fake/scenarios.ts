import type { ConnectionState, FaultCode, KeychainState, OperationState, SealReason, SyncState } from "../types";
import type { Ailment } from "./store";

/** Where the world begins and how it behaves. */
export interface Scenario {
  /** Accounts on this computer. */
  accounts: "none" | "practice" | "real" | "two" | "realFirst";
  /** History of payments. */
  payments: "usual" | "none" | "many";
  /** Seal of payment 1207. */
  seal: "verified" | "mismatched" | "forged" | SealReason;
  /** The deal the world begins with, if any. */
  deal: "none" | "selling" | "waiting" | "declared" | "completed" | "canceled";
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
  /** Milliseconds a deep place of the list takes. */
  listLatency: number;
  /** The pending payment is being canceled, and no answer has come. */
  canceling: boolean;
  /** Milliseconds a trader takes for each act. */
  pace: number;
  /** What the marketplace said of payment 1207 before, and where that contradicts what it says now. */
  memory: "none" | "status" | "everything" | "vanished" | "twice" | "differs";
  /** The balance changed by what is not known of. */
  reckoning: boolean;
  /** Satoshi in notes. */
  inNotes: bigint;
  /** How far the history was taken over. */
  sync: SyncState | "first" | "firstStopped" | "firstWaiting";
  /** News that are there at the start. */
  news: "usual" | "none";
  /** Payments of others that come in after the start, one in each pace. */
  arrivals: number;
  /** Writing an export fails, or the person changes their mind. */
  exporting: "done" | "fails" | "declined";
  /** What ails the data of the first account. */
  store: Ailment;
  /** The real account is kept in memory only. */
  inMemory: boolean;
  /** Milliseconds it takes to make a key from a passphrase. */
  deriving: number;
  /** Operations that are settled already. */
  journal: "some" | "many" | "none" | "twice" | "differs" | "deals";
  /** The newest receipt of the archive is signed by a key that is no longer the pinned one. */
  otherKey: boolean;
  /** Conversations: usual ones; every state of a line; a long one; many; with hostile text; with messages that come in. */
  talks: "usual" | "none" | "states" | "long" | "many" | "hostile" | "arriving";
  /** The practice marketplace does not start. */
  practiceFails: boolean;
  /** What is being given back: nothing; an open refund of two pieces; also some paid ones; made twice; at a defective marketplace. */
  refunds: "none" | "open" | "some" | "twice" | "costly";
  /** What comes of checking an evidence bundle. */
  bundle: "mine" | "intact" | "altered" | "badKey" | "unreadable" | "declined";
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
  listLatency: 0,
  canceling: false,
  pace: 900,
  practiceFails: false,
  memory: "none",
  reckoning: false,
  inNotes: 0n,
  sync: "done",
  news: "usual",
  arrivals: 0,
  exporting: "done",
  store: "none",
  inMemory: false,
  deriving: 60,
  journal: "some",
  otherKey: false,
  talks: "usual",
  refunds: "none",
  bundle: "intact",
};

function but(change: Partial<Scenario>): Scenario {
  return { ...usual, ...change };
}

/** The worlds one can ask for by name. */
export const scenarios = {
  usual,
  firstRun: but({ accounts: "none", payments: "none", connection: "idle" }),
  practiceFails: but({ accounts: "none", payments: "none", connection: "idle", practiceFails: true }),
  empty: but({ payments: "none", journal: "none", balance: 0n }),
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
  keychainUnasked: but({ keychain: "unknown" }),
  keychainMissing: but({ keychain: "missing", accounts: "none", payments: "none", connection: "idle" }),
  keychainLocked: but({ keychain: "locked", accounts: "none", payments: "none", connection: "idle" }),
  keychainDenied: but({ keychain: "denied", accounts: "none", payments: "none", connection: "idle" }),
  keychainBroken: but({ keychain: "broken", accounts: "none", payments: "none", connection: "idle" }),
  slowList: but({ payments: "many", listLatency: 3000 }),
  firstSyncStill: but({ sync: "first", payments: "many", accounts: "real", pace: 3_600_000 }),
  pendingOffline: but({ deal: "waiting", connection: "waiting", ails: "unreachable", accounts: "real", pace: 3_600_000 }),
  arrivingOnce: but({ arrivals: 1, pace: 1500 }),
  canceling: but({ deal: "waiting", canceling: true, pace: 3_600_000 }),
  arriving: but({ payments: "many", arrivals: 3, pace: 2500 }),
  noticed: but({ memory: "status" }),
  contradictions: but({ memory: "everything" }),
  vanished: but({ memory: "vanished" }),
  twice: but({ memory: "twice" }),
  tookMore: but({ memory: "differs" }),
  wholeMap: but({ deal: "selling", operation: "unknown", inNotes: 250_000n, pace: 3_600_000 }),
  reckoning: but({ reckoning: true }),
  firstSync: but({ sync: "first", payments: "many", accounts: "real" }),
  firstSyncStopped: but({ sync: "firstStopped", payments: "many", accounts: "real" }),
  firstSyncWaiting: but({ sync: "firstWaiting", connection: "waiting", ails: "unreachable", accounts: "real" }),
  noNews: but({ news: "none" }),
  exportFails: but({ exporting: "fails" }),
  exportDeclined: but({ exporting: "declined" }),
  storeOpening: but({ store: "opening", accounts: "real" }),
  storeLocked: but({ store: "locked", accounts: "realFirst" }),
  storeDeriving: but({ store: "locked", accounts: "real", deriving: 3_600_000 }),
  storeTaken: but({ store: "taken", accounts: "realFirst" }),
  storeDamaged: but({ store: "damaged", accounts: "realFirst" }),
  storeNewer: but({ store: "newer", accounts: "real" }),
  storeKeyGone: but({ store: "keyGone", accounts: "real" }),
  storeUnwritable: but({ store: "unwritable", accounts: "real" }),
  storeKeychain: but({ store: "keychain", keychain: "locked", accounts: "real" }),
  storeLogGone: but({ store: "logGone", accounts: "real" }),
  storeOlderCopy: but({ store: "olderCopy", accounts: "real" }),
  inMemory: but({ inMemory: true, accounts: "real" }),
  manyOperations: but({ journal: "many" }),
  paidTwice: but({ journal: "twice", memory: "twice" }),
  operationDiffers: but({ journal: "differs", memory: "differs" }),
  operationDeals: but({ journal: "deals", pace: 3_600_000 }),
  otherKey: but({ otherKey: true, accounts: "real" }),
  refundOpen: but({ refunds: "open" }),
  givenBack: but({ refunds: "some" }),
  refundTwice: but({ refunds: "twice" }),
  refundCostly: but({ refunds: "costly" }),
  lostFoundSlow: but({ reply: "lostFound", pace: 3_600_000 }),
  dealCompletedLost: but({ deal: "completed", reply: "lostFound", pace: 3_600_000 }),
  completedOffline: but({ deal: "completed", connection: "waiting", ails: "unreachable", accounts: "real" }),
  bundleMine: but({ bundle: "mine" }),
  bundleAltered: but({ bundle: "altered" }),
  bundleBadKey: but({ bundle: "badKey" }),
  bundleUnreadable: but({ bundle: "unreadable" }),
  noTalks: but({ talks: "none" }),
  talkStates: but({ talks: "states", pace: 3_600_000 }),
  talkStatesOffline: but({ talks: "states", connection: "waiting", ails: "unreachable", accounts: "real", pace: 3_600_000 }),
  talkOffline: but({ connection: "waiting", ails: "unreachable", accounts: "real" }),
  longTalk: but({ talks: "long", pace: 400 }),
  manyTalks: but({ talks: "many" }),
  hostileTalks: but({ talks: "hostile" }),
  talkArriving: but({ talks: "arriving", pace: 1200 }),
  slow: but({ latency: 1500 }),
  still: but({ pace: 3_600_000 }),
} satisfies Record<string, Scenario>;

/** Names of the worlds. */
export type ScenarioName = keyof typeof scenarios;

/** The world of this name; the usual one for a name nobody knows. */
export function scenario(name: string | undefined): Scenario {
  return name !== undefined && Object.hasOwn(scenarios, name) ? scenarios[name as ScenarioName] : usual;
}

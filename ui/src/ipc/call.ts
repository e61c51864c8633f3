import { backend, type Commands } from "./backend";
import type { Fault } from "./types";

/** A command refused with a fault; the screens say it in words. */
export class FaultError extends Error {
  constructor(readonly fault: Fault) {
    super(fault.code);
    this.name = "FaultError";
  }
}

type Answer<F> = F extends (...args: never[]) => Promise<infer R>
  ? R extends { status: "ok"; data: infer T }
    ? T
    : never
  : never;

/** The commands, each returning its data or throwing [`FaultError`]. */
export type Api = { [K in keyof Commands]: (...args: Parameters<Commands[K]>) => Promise<Answer<Commands[K]>> };

// Should one of these break off without an answer, money may have moved. The rest only read or write on this computer.
const MOVES_MONEY: ReadonlySet<keyof Commands> = new Set([
  "payFromBalance",
  "payByDeal",
  "cancelPayment",
  "declarePaid",
  "cancelDeal",
] as const);

// These move no money, but what they did cannot be undone or must not be done twice.
const HAPPENS_ONCE: ReadonlySet<keyof Commands> = new Set([
  "givePaymentFeedback",
  "giveDealFeedback",
  "createRefund",
  "withdrawRefund",
] as const);

function broken(name: keyof Commands, thrown: unknown): Fault {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (HAPPENS_ONCE.has(name)) return { code: "outcomeUnknown", money: "no", next: "wait", values: {}, serverText: text };
  return {
    code: MOVES_MONEY.has(name) ? "outcomeUnknown" : "internal",
    money: MOVES_MONEY.has(name) ? "unknown" : "no",
    next: MOVES_MONEY.has(name) ? "wait" : null,
    values: {},
    serverText: text,
  };
}

async function unwrap(name: keyof Commands, args: unknown[]): Promise<unknown> {
  const command = backend().commands[name] as (...args: unknown[]) => Promise<
    { status: "ok"; data: unknown } | { status: "error"; error: Fault }
  >;
  let result;
  try {
    result = await command(...args);
  } catch (thrown) {
    throw new FaultError(broken(name, thrown));
  }
  if (result.status === "error") throw new FaultError(result.error);
  return result.data;
}

export const api = new Proxy({} as Api, {
  get: (_, name) => (...args: unknown[]) => unwrap(name as keyof Commands, args),
});

/** The fault in whatever a command threw. Anything else thrown is a mistake of the screens and touched no money. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof FaultError) return thrown.fault;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", money: "no", next: null, values: {}, serverText: text };
}

import { FaultError } from "../call";
import type { Fault, FaultCode } from "../types";

/** A fault; money did not move unless it is said. */
export function fault(code: FaultCode, given: Partial<Fault> = {}): Fault {
  return { code, money: "no", next: null, values: {}, serverText: null, ...given };
}

/** Ends a command with a fault. */
export function refuse(code: FaultCode, given: Partial<Fault> = {}): never {
  throw new FaultError(fault(code, given));
}

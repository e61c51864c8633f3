import { api, faultOf } from "../../ipc/call";
import type { Fault, RefundDesk, RefundOutcome } from "../../ipc/types";
import { Reading } from "../../lib/reading.svelte";

/** Giving back pieces of one payment: what it would cost, and one order at a time. */
export class Making {
  /** How many pieces are wanted; none: as many as the desk proposes. */
  asked = $state<number | null>(null);
  busy = $state(false);
  /** Why it was not made, for sure. */
  fault = $state.raw<Fault | null>(null);
  readonly reading: Reading<RefundDesk>;

  constructor(readonly payment: string) {
    this.reading = new Reading<RefundDesk>(() => api.refundDesk(payment, this.asked));
  }

  /** The desk of as many pieces as are wanted; null while it is being read. */
  get desk(): RefundDesk | null {
    return this.reading.data;
  }

  /** What is shown is not yet for what was asked. */
  get settling(): boolean {
    const { desk } = this;
    return desk === null || (this.asked !== null && desk.pieces !== this.asked);
  }

  ask(pieces: number): void {
    this.asked = pieces;
    this.fault = null;
    void this.reading.read();
  }

  /**
   * Orders it once. `seen` is how many pieces could be given back when the person decided: the shell refuses when that
   * has changed. The outcome, or null when nothing was made and `fault` tells why.
   */
  async make(account: string, pieces: number, seen: number): Promise<Exclude<RefundOutcome, { kind: "refused" }> | null> {
    if (this.busy) return null;
    this.busy = true;
    this.fault = null;
    try {
      const outcome = await api.createRefund(account, this.payment, pieces, seen);
      if (outcome.kind === "refused") {
        this.fault = outcome.fault;
        void this.reading.read();
        return null;
      }
      return outcome;
    } catch (thrown) {
      this.fault = faultOf(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** The rest, once one was made or withdrawn. */
  settled(): void {
    this.asked = null;
    void this.reading.read();
  }
}

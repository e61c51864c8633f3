import { t } from "../../i18n/words.svelte";
import { faultOf } from "../../ipc/call";
import type { Fault, PaymentDetail, PayOutcome } from "../../ipc/types";
import { say } from "../../kit/say.svelte";
import { go } from "../../lib/router.svelte";
import { btc, named, sum } from "./sums";

/** A payment that needs a look before anything else: it is not what was asked for. */
export interface Odd {
  payment: PaymentDetail;
}

/** One try to pay, and what came of it. */
export class Attempt {
  busy = $state(false);
  fault = $state.raw<Fault | null>(null);
  odd = $state.raw<Odd | null>(null);
  /** What the person saw and what it is now, in words, when that is why it was refused. */
  changed = $state.raw<{ before: string; after: string } | null>(null);

  /** Sends the order once and goes where its outcome is shown. True unless it was refused. */
  async run(order: () => Promise<PayOutcome>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.fault = null;
    this.odd = null;
    this.changed = null;
    try {
      return this.#settle(await order());
    } catch (thrown) {
      this.fault = faultOf(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Forgets what came of the last try: something else is asked for now. */
  clear(): void {
    this.fault = null;
    this.changed = null;
  }

  #settle(outcome: PayOutcome): boolean {
    switch (outcome.kind) {
      case "refused":
        this.fault = outcome.fault;
        return false;
      case "unknown":
        go({ name: "operation", id: outcome.operation.id });
        return true;
      case "done":
        if (outcome.differs) {
          this.odd = { payment: outcome.payment };
          return true;
        }
        arrive(outcome.payment);
        return true;
    }
  }
}

function arrive(payment: PaymentDetail): void {
  const words = t().pay;
  const { deal } = payment;
  if (deal !== null && payment.status === "pending") {
    say(words.dealOpened(sum(deal.fiat), named(deal.counterparty.name)), "ok");
    go({ name: "deal", id: deal.id });
  } else {
    say(words.paid(btc(payment.sats), named(payment.invoice.owner.name)), "ok");
    go({ name: "payment", id: payment.id });
  }
}

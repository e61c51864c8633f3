import { t } from "../../i18n/words.svelte";
import { api, faultOf } from "../../ipc/call";
import type { Fault, PayDesk } from "../../ipc/types";

const atField = ["invoiceNumberInvalid", "invoiceNotFound"];

/** Looking for an invoice. What was typed outlives the screen. */
class Search {
  text = $state("");
  busy = $state(false);
  fault = $state.raw<Fault | null>(null);
  #found: PayDesk | null = null;

  /** What is wrong with the text itself. */
  get atField(): string | null {
    const { fault } = this;
    return fault !== null && atField.includes(fault.code) ? t().faults.code[fault.code](fault.values) : null;
  }

  /** A fault that is not the text's. */
  get elsewhere(): Fault | null {
    return this.fault !== null && !atField.includes(this.fault.code) ? this.fault : null;
  }

  touched(): void {
    this.fault = null;
  }

  /** An invoice was opened from elsewhere. */
  arrive(invoice: string): void {
    if (this.#found?.invoice.id === invoice) return;
    this.text = invoice;
    this.fault = null;
  }

  /** Finds the invoice; its number, or null when it is not there. The text stays as typed. */
  async find(): Promise<string | null> {
    if (this.busy) return null;
    this.busy = true;
    this.fault = null;
    try {
      this.#found = await api.payDesk(this.text, null);
      return this.#found.invoice.id;
    } catch (thrown) {
      this.fault = faultOf(thrown);
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** What was just found, once: the desk need not ask again. */
  take(invoice: string): PayDesk | null {
    const found = this.#found?.invoice.id === invoice ? this.#found : null;
    this.#found = null;
    return found;
  }
}

/** The one search of this window. */
export const search = new Search();

import { api } from "../../ipc/call";
import { onChanged } from "../../ipc/events";
import type { Direction, PaymentRow, PaymentsPage, PaymentsQuery, PaymentStatus, Topic } from "../../ipc/types";
import { Windows } from "../../lib/windows.svelte";

/** What of the list is wanted. */
export interface Wanted {
  direction: Direction | "all";
  status: PaymentStatus | "any";
  text: string;
  /** Only payments about which the marketplace contradicted itself. */
  noticedOnly: boolean;
}

const EVERYTHING: Wanted = { direction: "all", status: "any", text: "", noticedOnly: false };

/** The wishes as the shell understands them. */
export function asked(wanted: Wanted): Pick<PaymentsQuery, "direction" | "status" | "text" | "noticedOnly"> {
  return {
    direction: wanted.direction === "all" ? null : wanted.direction,
    status: wanted.status === "any" ? null : wanted.status,
    text: wanted.text.trim(),
    noticedOnly: wanted.noticedOnly,
  };
}

/** The list of payments of the account in use. */
class Payments {
  wanted = $state.raw<Wanted>(EVERYTHING);
  asOf = $state.raw<string | null>(null);
  readonly list = new Windows<PaymentRow, PaymentsPage>(
    (row) => row.id,
    (from, count, anchor) => api.payments({ ...asked(this.wanted), from, count, anchor }),
    (page) => (this.asOf = page.asOf),
  );
  #account: string | null = null;

  get filtered(): boolean {
    const { direction, status, text, noticedOnly } = this.wanted;
    return direction !== "all" || status !== "any" || text.trim() !== "" || noticedOnly;
  }

  /** Another account has another list. */
  enter(account: string | null): void {
    if (account === this.#account) return;
    this.#account = account;
    this.wanted = EVERYTHING;
    this.asOf = null;
    this.list.forget();
  }

  /** Changes what is wanted; the list is read anew. */
  ask(change: Partial<Wanted>): void {
    const wanted = { ...this.wanted, ...change };
    if (JSON.stringify(asked(wanted)) === JSON.stringify(asked(this.wanted))) return;
    this.wanted = wanted;
    void this.list.begin();
  }

  everything(): void {
    this.ask(EVERYTHING);
  }

  /** Reads the list, or what is in sight of it again. */
  read(): void {
    if (this.list.known) this.list.renew();
    else void this.list.begin();
  }

  #changed(topics: Topic[]): void {
    if (topics.some((topic) => topic.kind === "payments" || topic.kind === "payment")) this.read();
  }

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => this.#changed(topics));
  }
}

export const payments = new Payments();

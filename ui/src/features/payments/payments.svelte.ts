import { api, faultOf } from "../../ipc/call";
import { onChanged } from "../../ipc/events";
import type { Direction, Fault, PaymentRow, PaymentsPage, PaymentsQuery, PaymentStatus, Topic } from "../../ipc/types";

/** What of the list is wanted. */
export interface Wanted {
  direction: Direction | "all";
  status: PaymentStatus | "any";
  text: string;
}

const EVERYTHING: Wanted = { direction: "all", status: "any", text: "" };

/** Rows of `fresh` over those of `old`, newest first, each once. */
export function merge(fresh: readonly PaymentRow[], old: readonly PaymentRow[]): PaymentRow[] {
  const seen = new Set(fresh.map((row) => row.id));
  const last = fresh.at(-1);
  const joint = last === undefined ? -1 : old.findIndex((row) => row.id === last.id);
  // No common row: more came in than a page holds, and what lies between is not known. Start over.
  if (joint < 0) return [...fresh];
  return [...fresh, ...old.slice(joint + 1).filter((row) => !seen.has(row.id))];
}

/** The list of payments of the account in use, as far as it was read. */
class Payments {
  wanted = $state.raw<Wanted>(EVERYTHING);
  rows = $state.raw<PaymentRow[]>([]);
  asOf = $state.raw<string | null>(null);
  fault = $state.raw<Fault | null>(null);
  /** Why older rows did not come. */
  moreFault = $state.raw<Fault | null>(null);
  /** The first page is on its way. */
  busy = $state(false);
  /** It was read once with these wishes. */
  known = $state(false);
  #more = $state(false);
  #next = $state.raw<string | null>(null);
  #account: string | null = null;
  #turn = 0;

  get loadingMore(): boolean {
    return this.#more;
  }

  /** All of it was read. */
  get whole(): boolean {
    return this.known && this.#next === null;
  }

  get filtered(): boolean {
    const { direction, status, text } = this.wanted;
    return direction !== "all" || status !== "any" || text.trim() !== "";
  }

  /** Another account has another list. */
  enter(account: string | null): void {
    if (account === this.#account) return;
    this.#account = account;
    this.wanted = EVERYTHING;
    this.#forget();
  }

  #forget(): void {
    this.#turn += 1;
    this.rows = [];
    this.asOf = null;
    this.fault = null;
    this.moreFault = null;
    this.known = false;
    this.#more = false;
    this.#next = null;
  }

  /** Changes what is wanted; the list is read anew. */
  ask(change: Partial<Wanted>): void {
    const wanted = { ...this.wanted, ...change };
    const same =
      wanted.direction === this.wanted.direction && wanted.status === this.wanted.status && wanted.text === this.wanted.text;
    if (same) return;
    this.wanted = wanted;
    this.known = false;
    this.moreFault = null;
    void this.read(true);
  }

  everything(): void {
    this.ask(EVERYTHING);
  }

  #query(before: string | null): PaymentsQuery {
    const { direction, status, text } = this.wanted;
    return {
      direction: direction === "all" ? null : direction,
      status: status === "any" ? null : status,
      text: text.trim(),
      before,
    };
  }

  /** Reads the newest page; what was read further down stays unless `anew`. */
  async read(anew = false): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    this.#more = false;
    try {
      const page = await api.payments(this.#query(null));
      if (turn !== this.#turn) return;
      this.#take(page, anew);
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  #take(page: PaymentsPage, anew: boolean): void {
    const rows = anew || !this.known ? page.rows : merge(page.rows, this.rows);
    // The tail was kept: so is the place where it goes on.
    if (rows.length === page.rows.length) this.#next = page.next;
    this.rows = rows;
    this.asOf = page.asOf;
    this.fault = null;
    this.known = true;
  }

  /** Reads the next older page, once at a time. */
  async more(): Promise<void> {
    const before = this.#next;
    if (before === null || this.#more || this.busy || this.moreFault !== null) return;
    const turn = this.#turn;
    this.#more = true;
    try {
      const page = await api.payments(this.#query(before));
      if (turn !== this.#turn) return;
      const seen = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.rows.filter((row) => !seen.has(row.id))];
      // A page that does not go on is the end, whatever it says.
      this.#next = page.next === before ? null : page.next;
    } catch (thrown) {
      if (turn === this.#turn) this.moreFault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.#more = false;
    }
  }

  retryMore(): void {
    this.moreFault = null;
    void this.more();
  }

  /** A row further down than the first page has changed: its page is read again and laid over. */
  async #reread(ids: readonly string[]): Promise<void> {
    const turn = this.#turn;
    for (const id of ids) {
      const at = this.rows.findIndex((row) => row.id === id);
      const before = this.rows[at - 1];
      if (at < 0 || before === undefined) continue;
      try {
        const page = await api.payments(this.#query(before.id));
        if (turn !== this.#turn) return;
        const fresh = new Map(page.rows.map((row) => [row.id, row]));
        this.rows = this.rows.map((row) => fresh.get(row.id) ?? row);
      } catch {
        // The row keeps what was known of it; the list itself is still right.
      }
    }
  }

  async #changed(topics: Topic[]): Promise<void> {
    const ids = topics.flatMap((topic) => (topic.kind === "payment" ? [topic.id] : []));
    if (ids.length === 0 && !topics.some((topic) => topic.kind === "payments")) return;
    const deep = ids.filter((id) => this.rows.findIndex((row) => row.id === id) >= 0);
    await this.read();
    await this.#reread(deep.filter((id) => this.rows.findIndex((row) => row.id === id) > 40));
  }

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => void this.#changed(topics));
  }
}

export const payments = new Payments();

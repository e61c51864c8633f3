import { api, faultOf } from "../../ipc/call";
import { about, onChanged } from "../../ipc/events";
import type { Fault, OperationCard, OperationsPage } from "../../ipc/types";

/** The newest page over what was read further down: each operation once, newest first. */
export function joined(fresh: readonly OperationCard[], old: readonly OperationCard[]): OperationCard[] | null {
  const last = fresh.at(-1);
  if (last === undefined) return old.length === 0 ? [] : null;
  const at = old.findIndex((card) => card.id === last.id);
  return at < 0 ? null : [...fresh, ...old.slice(at + 1)];
}

/** The journal of the account in use, as far down as it was read. */
export class Journal {
  rows = $state.raw<OperationCard[]>([]);
  /** It was read once. */
  known = $state(false);
  fault = $state.raw<Fault | null>(null);
  /** Why older ones did not come. */
  moreFault = $state.raw<Fault | null>(null);
  #next = $state.raw<string | null>(null);
  #more = $state(false);
  #turn = 0;

  get whole(): boolean {
    return this.known && this.#next === null;
  }

  get loadingMore(): boolean {
    return this.#more;
  }

  /** Reads the newest ones; what was read further down stays where the two join. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    this.#more = false;
    try {
      const page = await api.operations(null);
      if (turn !== this.#turn) return;
      this.#take(page);
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    }
  }

  #take(page: OperationsPage): void {
    const rows = this.known && page.next !== null ? joined(page.rows, this.rows) : null;
    // The tail was kept: so is the place where it goes on.
    if (rows === null) this.#next = page.next;
    this.rows = rows ?? page.rows;
    this.fault = null;
    this.known = true;
  }

  /** Reads the next older ones, once at a time. */
  async more(): Promise<void> {
    const before = this.#next;
    if (before === null || this.#more || this.moreFault !== null) return;
    const turn = this.#turn;
    this.#more = true;
    try {
      const page = await api.operations(before);
      if (turn !== this.#turn) return;
      const seen = new Set(this.rows.map((card) => card.id));
      this.rows = [...this.rows, ...page.rows.filter((card) => !seen.has(card.id))];
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

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => {
      if (about(topics, "operations") || about(topics, "operation")) void this.read();
    });
  }
}

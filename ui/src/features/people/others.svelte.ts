import { api, faultOf } from "../../ipc/call";
import type { Fault, FeedbackCard } from "../../ipc/types";

/** What others say of a person about payments or about deals, newest first, as far down as it was read. */
export class Others {
  items = $state.raw<FeedbackCard[]>([]);
  /** It was read once. */
  known = $state(false);
  busy = $state(false);
  fault = $state.raw<Fault | null>(null);
  #next = $state.raw<string | null>(null);

  constructor(
    readonly user: string,
    readonly deals: boolean,
  ) {}

  /** There is more further down. */
  get more(): boolean {
    return this.#next !== null;
  }

  /** Reads the first page, or the next one. */
  async read(): Promise<void> {
    if (this.busy) return;
    const before = this.#next;
    this.busy = true;
    try {
      const page = await api.feedbackOf(this.user, this.deals, before);
      this.items = [...this.items, ...page.items];
      // A page that does not go on is the end, whatever it says.
      this.#next = page.next === before ? null : page.next;
      this.known = true;
      this.fault = null;
    } catch (thrown) {
      this.fault = faultOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}

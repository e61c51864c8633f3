import { faultOf } from "../ipc/call";
import { onChanged } from "../ipc/events";
import type { Fault, Topic } from "../ipc/types";

/**
 * Something read from the shell and read again when it changes. What was read stays on screen while a newer one is on
 * its way and when a reading fails; the newest question wins, however late an older answer comes.
 */
export class Reading<T> {
  data = $state.raw<T | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);
  #turn = 0;
  readonly #load: () => Promise<T>;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  async read(): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const data = await this.#load();
      if (turn !== this.#turn) return;
      this.data = data;
      this.fault = null;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      this.fault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** What a command returned is newer than any reading on its way. */
  put(data: T): void {
    this.#turn += 1;
    this.data = data;
    this.fault = null;
    this.busy = false;
  }

  /** Reads again on every change that `concerns` it, until the returned function is called. For `$effect`. */
  follow(concerns: (topics: Topic[]) => boolean): () => void {
    return onChanged((topics) => {
      if (concerns(topics)) void this.read();
    });
  }
}

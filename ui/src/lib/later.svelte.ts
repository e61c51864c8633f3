import { faultOf } from "../ipc/call";
import type { Fault } from "../ipc/types";

/** Does something when there is nothing else to do, soon after the paint. */
export function idle(then: () => void): void {
  // WebKit has no idle callback.
  if (typeof requestIdleCallback === "function") requestIdleCallback(then, { timeout: 2000 });
  else setTimeout(then, 200);
}

/** A part of the program that comes when it is wanted, so that the first paint does not wait for it. */
export class Later<Part> {
  /** The part, once it is here. */
  part = $state.raw<Part | null>(null);
  /** Why it did not come. */
  fault = $state.raw<Fault | null>(null);
  #coming = false;
  readonly #load: () => Promise<{ default: Part }>;

  constructor(load: () => Promise<{ default: Part }>) {
    this.#load = load;
  }

  /** Loads it, unless it is here or on its way. */
  want(): void {
    if (this.#coming || this.part !== null) return;
    this.#coming = true;
    this.fault = null;
    this.#load().then(
      (module) => (this.part = module.default),
      (thrown: unknown) => {
        this.#coming = false;
        this.fault = faultOf(thrown);
      },
    );
  }
}

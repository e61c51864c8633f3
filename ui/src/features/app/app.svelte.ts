import { api, faultOf } from "../../ipc/call";
import { about, onChanged } from "../../ipc/events";
import type { AccountCard, AppState, Fault, OperationCard, Settings } from "../../ipc/types";
import { setCurrent } from "../../lib/current.svelte";
import { apply, settings } from "../../lib/settings.svelte";
import { Watch } from "../operations/watch";

/** Operations a person has to know of on every screen. */
function open(operation: OperationCard): boolean {
  return operation.state === "unknown" || operation.state === "needsAPerson";
}

/** The app as a whole, as the frame and the settings show it. */
class App {
  state = $state.raw<AppState | null>(null);
  fault = $state.raw<Fault | null>(null);
  #turn = 0;
  readonly #watch = new Watch();

  /** The account in use. */
  get account(): AccountCard | null {
    const now = this.state;
    return now?.accounts.find((account) => account.id === now.current) ?? null;
  }

  /** Operations whose outcome is not known. */
  get unknown(): OperationCard[] {
    return this.state?.operations.filter(open) ?? [];
  }

  async refresh(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const state = await api.appState();
      if (turn === this.#turn) this.put(state);
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    }
  }

  put(state: AppState): void {
    this.#turn += 1;
    this.state = state;
    this.fault = null;
    setCurrent(state.current);
    apply(state.settings);
    this.#watch.see(state);
  }

  /** Shows the changed settings at once and saves them; what could not be saved is told and taken back. */
  async set(change: Partial<Settings>): Promise<Fault | null> {
    const before = settings();
    apply({ ...before, ...change });
    try {
      apply(await api.setSettings({ ...before, ...change }));
      return null;
    } catch (thrown) {
      apply(before);
      return faultOf(thrown);
    }
  }

  /** Follows changes until the returned function is called. */
  follow(): () => void {
    return onChanged((topics) => {
      if ((["app", "news", "operation", "operations", "deals", "talks"] as const).some((kind) => about(topics, kind))) void this.refresh();
    });
  }
}

export const app = new App();

// Tells once how an operation ended whose outcome was not known, wherever in the app the person is meanwhile.
import { t } from "../../i18n/words.svelte";
import { api } from "../../ipc/call";
import type { AppState, OperationCard } from "../../ipc/types";
import { say } from "../../kit/say.svelte";
import { route } from "../../lib/router.svelte";
import { named } from "../pay/sums";

/** Operations whose outcome the person waits for. */
export class Watch {
  #account: string | null = null;
  #waiting = new Map<string, OperationCard["state"]>();

  /** The app as it is now. */
  see(state: AppState): void {
    const { current, operations } = state;
    if (current !== this.#account) {
      this.#account = current;
      this.#waiting.clear();
    }
    const open = new Map(operations.map((card) => [card.id, card.state]));
    for (const [id, before] of this.#waiting) {
      const now = open.get(id);
      if (now === before) continue;
      // Not settled any more, or given up: each is worth a word. Between the two there is nothing new to say.
      if (now === undefined || (now === "needsAPerson" && before === "unknown")) void this.#tell(id, current);
    }
    // What is on its way for a moment is told where it was asked for.
    this.#waiting = new Map([...open].filter(([, at]) => at === "unknown" || at === "needsAPerson"));
  }

  async #tell(id: string, account: string | null): Promise<void> {
    try {
      const { card } = await api.operation(id);
      const here = route();
      // Its own screen says it all, and another account has operations of its own.
      if (account !== this.#account || (here.name === "operation" && here.id === id)) return;
      const words = t().operations;
      if (card.state === "unknown" || card.state === "sent") return;
      const what = card.counterparty === null ? words.act[card.act] : `${words.act[card.act]}, ${named(card.counterparty)}`;
      say(words.outcome[card.state](what), card.state === "done" ? "ok" : "plain");
    } catch {
      // The journal has it all the same.
    }
  }
}

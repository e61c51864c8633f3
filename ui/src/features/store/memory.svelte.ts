import type { AccountCard } from "../../ipc/types";

/** Accounts kept in memory only are told about once, right after they were connected. */
class Memory {
  #fresh = $state<string | null>(null);

  /** The account was connected just now. */
  connected(account: AccountCard): void {
    this.#fresh = account.store === "memory" ? account.id : null;
  }

  /** It is still to be told about this account. */
  tells(account: AccountCard | null): boolean {
    return account !== null && account.store === "memory" && account.id === this.#fresh;
  }

  understood(): void {
    this.#fresh = null;
  }
}

export const memory = new Memory();

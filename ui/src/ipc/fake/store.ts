import type { AccountCard, FaultCode, StoreCard, StoreDoubt } from "../types";
import { fault, refuse } from "./faults";

/** What ails the data of the first account at the start. */
export type Ailment = "none" | "opening" | "locked" | "taken" | "damaged" | "newer" | "keyGone" | "unwritable" | "keychain" | StoreDoubt;

/** Opens the data of a locked account. */
export const passphrase = "tent lamp river coin";

const codes: Partial<Record<Ailment, FaultCode>> = {
  taken: "storeTaken",
  damaged: "storeDamaged",
  newer: "storeNewer",
  keyGone: "storeKeyGone",
  unwritable: "storeUnwritable",
  keychain: "keychainLocked",
};

const steps = { taken: "closeOther", damaged: "setAside", keyGone: "setAside", unwritable: "tryAgain", keychain: "unlockKeychain" } as const;

/** How the data of the accounts is: one of them may have something wrong with it. */
export class Store {
  private file: string | null = null;
  private tries = 0;

  constructor(
    private ailment: Ailment,
    /** The account it is about. */
    private readonly account: string | null,
  ) {}

  private of(account: AccountCard): Ailment {
    return account.id === this.account ? this.ailment : "none";
  }

  /** Nothing of this account can be read. */
  shut(account: AccountCard): boolean {
    return !["none", "logGone", "olderCopy"].includes(this.of(account));
  }

  /** The data of the account in use. */
  card(account: AccountCard | undefined): StoreCard {
    if (account === undefined) return { place: null, state: "none", fault: null, doubt: null, file: null };
    const ailment = this.of(account);
    const card = { place: account.store, fault: null, doubt: null, file: account.id === this.account ? this.file : null };
    if (ailment === "none") return { ...card, state: "ready" };
    if (ailment === "opening") return { ...card, state: "opening" };
    if (ailment === "locked") return { ...card, place: "passphrase", state: "locked" };
    if (ailment === "logGone" || ailment === "olderCopy") return { ...card, state: "ready", doubt: ailment };
    const next = ailment in steps ? steps[ailment as keyof typeof steps] : null;
    const values: Record<string, string> = ailment === "newer" ? { found: "4", known: "1" } : {};
    return { ...card, state: "failed", fault: fault(codes[ailment] ?? "internal", { next, values }) };
  }

  /** Tries again: another Kvit has been closed and the keychain opened meanwhile; a full disk stays full once. */
  again(): void {
    this.tries += 1;
    if (this.ailment === "taken" || this.ailment === "keychain") this.ailment = "none";
    if (this.ailment === "unwritable" && this.tries > 1) this.ailment = "none";
  }

  unlock(typed: string): void {
    if (this.ailment !== "locked") return;
    if (typed.length < 10) refuse("passphraseTooShort", { values: { min: "10" } });
    if (typed !== passphrase) refuse("passphraseWrong", { next: "enterPassphrase" });
    this.ailment = "none";
  }

  aside(): void {
    this.ailment = "none";
    this.file = "store.damaged-1.db";
  }
}

import { api, faultOf } from "../../ipc/call";
import type { AccountCard, Fault, FaultCode, KeyCard, ServerCard } from "../../ipc/types";

/** Fields a fault can belong to. */
export type FieldName = "address" | "proxy" | "certificate" | "token" | "keep" | "passphrase" | "key" | "fingerprint";

const places: Partial<Record<FaultCode, FieldName>> = {
  addressInvalid: "address",
  nameNotFound: "address",
  connectionRefused: "address",
  unreachable: "address",
  notAMarketplace: "address",
  timedOut: "address",
  connectionLost: "address",
  proxyInvalid: "proxy",
  proxyFailed: "proxy",
  certificateUntrusted: "certificate",
  certificateChanged: "certificate",
  pinInvalid: "certificate",
  tokenInvalid: "token",
  tokenMissing: "token",
  tokenRejected: "token",
  tokenLacksRights: "token",
  userGone: "token",
  keychainMissing: "keep",
  keychainLocked: "keep",
  keychainDenied: "keep",
  keychainBroken: "keep",
  passphraseTooShort: "passphrase",
  passphraseWrong: "passphrase",
  keyUnreadable: "key",
  keyIsSecret: "key",
  keyTooLarge: "key",
  fingerprintNotConfirmed: "fingerprint",
};

/** The field a fault is shown at; none for one that concerns the whole. */
export function placeOf(fault: Fault): FieldName | null {
  return places[fault.code] ?? null;
}

/** Where the token is going to be kept. */
export type Keep = "keychain" | "session";

/** Where the data of the account is going to be kept when the keychain keeps nothing. */
export type KeepData = "passphrase" | "memory";

/** What is being filled in to connect. It outlives the screen, so that a look elsewhere loses nothing that was typed. */
export class ConnectDraft {
  address = $state("");
  proxy = $state("");
  certificatePin = $state("");
  token = $state("");
  publicKey = $state("");
  typedGroups = $state("");
  compared = $state(false);
  keep = $state<Keep>("keychain");
  keepData = $state<KeepData>("passphrase");
  passphrase = $state("");
  /** The passphrase typed a second time. */
  again = $state("");
  /** It was to be connected with two that differ. */
  mismatch = $state(false);
  label = $state("");

  server = $state.raw<ServerCard | null>(null);
  key = $state.raw<KeyCard | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state<"no" | "probing" | "reading" | "connecting">("no");
  #keyTurn = 0;

  /** The fault of a field, if the last one belongs there. */
  at(field: FieldName): Fault | null {
    return this.fault !== null && placeOf(this.fault) === field ? this.fault : null;
  }

  /** The fault that belongs to no field. */
  get elsewhere(): Fault | null {
    return this.fault !== null && placeOf(this.fault) === null ? this.fault : null;
  }

  /** The last two groups of the key's fingerprint were typed from another source. */
  get typedRight(): boolean {
    const last = this.key?.groups.slice(-2).join("") ?? "";
    return last !== "" && bare(this.typedGroups) === last.toUpperCase();
  }

  /** Enough was typed to see that it is not this key. */
  get typedWrong(): boolean {
    return bare(this.typedGroups).length >= 8 && !this.typedRight;
  }

  /** The person has confirmed the fingerprint in one of the two ways. Wrong groups outweigh a tick. */
  get confirmed(): boolean {
    return this.key !== null && !this.typedWrong && (this.typedRight || this.compared);
  }

  /** Something was typed there: what was said about it no longer holds. */
  touched(field: FieldName): void {
    if (this.at(field) !== null) this.fault = null;
    if (field === "passphrase") this.mismatch = false;
    if (field === "address" || field === "proxy") this.server = null;
  }

  /** Looks at what the server presents. */
  async probe(): Promise<void> {
    if (this.busy !== "no") return;
    this.busy = "probing";
    this.fault = null;
    this.server = null;
    try {
      this.server = await api.probeServer(this.address, this.proxy);
    } catch (thrown) {
      this.fault = faultOf(thrown);
    } finally {
      this.busy = "no";
    }
  }

  /** Reads the pasted key; a newer paste outruns an older reading. */
  async readKey(): Promise<void> {
    const turn = ++this.#keyTurn;
    this.key = null;
    this.typedGroups = "";
    this.compared = false;
    this.touched("key");
    this.touched("fingerprint");
    if (this.publicKey.trim() === "") return;
    try {
      const key = await api.inspectKey(this.publicKey);
      if (turn === this.#keyTurn) this.key = key;
    } catch (thrown) {
      if (turn !== this.#keyTurn) return;
      this.fault = faultOf(thrown);
      // A secret key does not stay on screen, nor anywhere else.
      if (this.fault.code === "keyIsSecret") this.publicKey = "";
    }
  }

  /** Takes the key from a file. */
  async openKey(): Promise<void> {
    try {
      const text = await api.openTextFile();
      if (text === null) return;
      this.publicKey = text;
      await this.readKey();
    } catch (thrown) {
      this.fault = faultOf(thrown);
    }
  }

  removeKey(): void {
    this.publicKey = "";
    void this.readKey();
  }

  /** Connects. Everything typed stays as it is when it fails; the token is forgotten here when it succeeds. */
  async connect(): Promise<AccountCard | null> {
    if (this.busy !== "no") return null;
    this.fault = null;
    const store = this.#store();
    this.mismatch = store === "passphrase" && this.passphrase !== this.again;
    if (this.mismatch) return null;
    this.busy = "connecting";
    try {
      const account = await api.connect({
        address: this.address,
        token: this.token,
        proxy: this.proxy,
        certificatePin: this.certificatePin,
        publicKey: this.publicKey,
        confirmedFingerprint: this.confirmed ? (this.key?.fingerprint ?? "") : "",
        keepInKeychain: this.keep === "keychain",
        label: this.label,
        store,
        passphrase: store === "passphrase" ? this.passphrase : "",
      });
      this.#forget();
      return account;
    } catch (thrown) {
      this.fault = faultOf(thrown);
      return null;
    } finally {
      this.busy = "no";
    }
  }

  #store(): "keychain" | KeepData {
    return this.keep === "keychain" ? "keychain" : this.keepData;
  }

  /** Gives a new token to an account that is already here. */
  async renew(account: string): Promise<AccountCard | null> {
    if (this.busy !== "no") return null;
    this.busy = "connecting";
    this.fault = null;
    try {
      const card = await api.enterToken(account, this.token, this.keep === "keychain");
      this.token = "";
      return card;
    } catch (thrown) {
      this.fault = faultOf(thrown);
      return null;
    } finally {
      this.busy = "no";
    }
  }

  #forget(): void {
    this.address = this.proxy = this.certificatePin = this.token = this.publicKey = this.label = "";
    this.typedGroups = "";
    this.compared = false;
    this.keep = "keychain";
    this.keepData = "passphrase";
    this.passphrase = this.again = "";
    this.mismatch = false;
    this.server = null;
    this.key = null;
  }
}

function bare(groups: string): string {
  return groups.replace(/[\s:-]/g, "").toUpperCase();
}

/** The one draft of this window. */
export const draft = new ConnectDraft();

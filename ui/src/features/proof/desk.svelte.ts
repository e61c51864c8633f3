import { api, faultOf } from "../../ipc/call";
import type { Fault, Seal } from "../../ipc/types";

/** Largest file read, bytes: far more than any confirmation or key. */
export const MOST = 1024 * 1024;

/** What lies on the desk to be checked. It stays when one looks elsewhere; a verdict never outlives its text. */
class Desk {
  text = $state("");
  key = $state("");
  keyOpen = $state(false);
  seal = $state.raw<Seal | null>(null);
  fault = $state.raw<Fault | null>(null);
  /** The verdict was found with the key on the desk. */
  withKey = $state(false);
  busy = $state(false);
  #turn = 0;

  /** Text or key have changed: what was found about the old ones is void. */
  changed(): void {
    this.#turn += 1;
    this.seal = null;
    this.fault = null;
    this.busy = false;
  }

  put(text: string): void {
    this.text = text;
    this.changed();
    void this.check();
  }

  clear(): void {
    this.text = "";
    this.changed();
  }

  async check(): Promise<void> {
    if (this.text.trim() === "") return;
    const turn = ++this.#turn;
    const key = this.keyOpen && this.key.trim() !== "" ? this.key : null;
    this.busy = true;
    this.seal = null;
    this.fault = null;
    try {
      const seal = await api.verifyText(this.text, key);
      if (turn !== this.#turn) return;
      this.seal = seal;
      this.withKey = key !== null;
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  async #open(take: (text: string) => void): Promise<void> {
    try {
      const text = await api.openTextFile();
      if (text !== null) take(text);
    } catch (thrown) {
      this.fault = faultOf(thrown);
    }
  }

  openText(): Promise<void> {
    return this.#open((text) => this.put(text));
  }

  openKey(): Promise<void> {
    return this.#open((text) => {
      this.key = text;
      this.changed();
      void this.check();
    });
  }
}

export const desk = new Desk();

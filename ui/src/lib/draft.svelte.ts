import { api } from "../ipc/call";
import { current } from "./current.svelte";

/** A pause in typing after which a draft is kept, milliseconds. */
const PAUSE = 400;

/**
 * A text on its way, kept in the account's data until it is sent. What is typed is kept after a short pause, and at once
 * when the person leaves the field or the screen; what is typed while the kept one is still being read stays.
 */
export class Draft {
  text = $state("");
  /** The place the text belongs to, for instance `deal/12`. */
  readonly place: string;
  readonly #account = current();
  #kept = "";
  #touched = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  // One after the other: the last text written is the last one typed.
  #writing: Promise<unknown> = Promise.resolve();

  constructor(place: string) {
    this.place = place;
  }

  /** Reads what was kept. */
  async restore(): Promise<void> {
    try {
      const text = await api.draft(this.#account ?? "", this.place);
      this.#kept = text;
      if (!this.#touched) this.text = text;
    } catch {
      // Without the kept text one types it again; what is typed now is kept all the same.
    }
  }

  /** The person typed. */
  type(text: string): void {
    this.text = text;
    this.#touched = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE);
  }

  /** Keeps what was typed now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Drafts are the account's: under another one this text has no place.
    if (!this.#touched || this.text === this.#kept || current() !== this.#account) return;
    const text = this.text;
    this.#kept = text;
    this.#writing = this.#writing.then(() => api.keepDraft(this.#account ?? "", this.place, text)).catch(() => {
      // It stays in the field; the next pause tries again.
      if (this.#kept === text) this.#kept = "";
    });
  }

  /** Follows the window: what is typed is kept when it is hidden or closed. For `$effect`; leaving keeps it, too. */
  follow(): () => void {
    const hidden = (): void => {
      if (document.hidden) this.flush();
    };
    const leaving = (): void => this.flush();
    document.addEventListener("visibilitychange", hidden);
    window.addEventListener("pagehide", leaving);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      window.removeEventListener("pagehide", leaving);
      this.flush();
    };
  }
}

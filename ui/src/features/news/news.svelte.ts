import { api, faultOf } from "../../ipc/call";
import { about, onChanged } from "../../ipc/events";
import type { Fault, NewsRow } from "../../ipc/types";

/** Fresh rows over those read before, each once; the older ones stay when the two join. */
export function joined(fresh: readonly NewsRow[], old: readonly NewsRow[]): NewsRow[] {
  const last = fresh.at(-1);
  const joint = last === undefined ? -1 : old.findIndex((row) => row.id === last.id);
  if (joint < 0) return [...fresh];
  const seen = new Set(fresh.map((row) => row.id));
  return [...fresh, ...old.slice(joint + 1).filter((row) => !seen.has(row.id))];
}

/** News of the account in use, newest first. */
export class News {
  rows = $state.raw<NewsRow[]>([]);
  fault = $state.raw<Fault | null>(null);
  known = $state(false);
  busy = $state(false);
  next = $state.raw<string | null>(null);
  /** What was not read when the panel was opened, or came while it is open. */
  fresh = $state.raw<ReadonlySet<string>>(new Set());
  #open = false;
  #turn = 0;

  /** Is told what is new since the last reading. */
  constructor(readonly onnew: (rows: NewsRow[]) => void = () => undefined) {}

  /** Reads the newest page. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const page = await api.news(null);
      if (turn !== this.#turn) return;
      const before = new Set(this.rows.map((row) => row.id));
      const arrived = this.known ? page.rows.filter((row) => !row.read && !before.has(row.id)) : [];
      const rows = joined(page.rows, this.rows);
      if (rows.length === page.rows.length) this.next = page.next;
      this.rows = rows;
      this.fault = null;
      this.known = true;
      if (arrived.length > 0 && !this.#open) this.onnew(arrived);
      if (this.#open) this.#mark();
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** Reads the next older page. */
  async more(): Promise<void> {
    const before = this.next;
    if (before === null || this.busy) return;
    const turn = ++this.#turn;
    this.busy = true;
    try {
      const page = await api.news(before);
      if (turn !== this.#turn) return;
      const seen = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.rows.filter((row) => !seen.has(row.id))];
      // A page that does not go on is the end, whatever it says.
      this.next = page.next === before ? null : page.next;
      this.fault = null;
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }

  /** The panel is open: what stands in it is read. */
  open(): void {
    this.#open = true;
    this.fresh = new Set();
    if (this.known) this.#mark();
    void this.read();
  }

  close(): void {
    this.#open = false;
  }

  // Each is reported once, so that an answer that marks nothing cannot go round in circles.
  #mark(): void {
    const unread = this.rows.filter((row) => !row.read && !this.fresh.has(row.id)).map((row) => row.id);
    if (unread.length === 0) return;
    this.fresh = new Set([...this.fresh, ...unread]);
    void api.newsRead().catch((thrown: unknown) => (this.fault = faultOf(thrown)));
  }

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => {
      if (about(topics, "news")) void this.read();
    });
  }
}

import { faultOf } from "../ipc/call";
import type { Fault } from "../ipc/types";

/** A piece of a long list, as the shell answers it. */
export interface Piece<Row> {
  rows: readonly Row[];
  /** Place of the first row in the whole list. */
  from: number;
  /** Rows in the whole list. */
  total: number;
  /** Where the row that was asked about stands now, in lists that can tell. */
  anchorIndex?: number | null;
}

/** Reads `count` rows from a place on, and where the row `anchor` stands. */
export type Load<Row, P extends Piece<Row>> = (from: number, count: number, anchor: string | null) => Promise<P>;

/** Rows in one window. */
export const WINDOW = 50;
// What is read beyond the rows in sight, so that a turn of the wheel finds it there.
const MARGIN = 15;
// So many windows are kept; the farthest from what is in sight go first.
const KEPT = 24;
const AT_ONCE = 2;
// Changes come in crowds while a history is taken over: the list is read again this often at most.
const REST = 200;

interface Sight {
  first: number;
  last: number;
}

/**
 * A list too long to be read whole: windows of it are read round what is in sight. A change is read in place, and what
 * the person is looking at stays where it is when rows come in above it.
 */
export class Windows<Row, P extends Piece<Row> = Piece<Row>> {
  /** Rows in the whole list. */
  total = $state(0);
  /** It was read once with these wishes. */
  known = $state(false);
  /** Why the last reading failed. */
  fault = $state.raw<Fault | null>(null);
  /** How far rows have moved down since the beginning, as rows came in above the ones in sight. */
  shift = $state(0);
  /** Counts the lists: with another one the view begins at its top. */
  epoch = $state(0);
  #windows = $state.raw<ReadonlyMap<number, readonly Row[]>>(new Map());
  #stale = new Set<number>();
  #asked = new Set<number>();
  #sight: Sight = { first: 0, last: WINDOW - 1 };
  #places = new Map<string, number>();
  #turn = 0;
  #reading = false;
  #again = false;
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly keyOf: (row: Row) => string,
    readonly load: Load<Row, P>,
    /** Is told every answer that counts. */
    readonly onanswer: (answer: P) => void = () => undefined,
  ) {}

  /** The row at a place; undefined while it is on its way. */
  row(at: number): Row | undefined {
    return this.#windows.get(Math.floor(at / WINDOW))?.[at % WINDOW];
  }

  /** The place of a row, as far as it is known; null when it has to be looked for. */
  place(key: string | null): number | null {
    if (key === null) return null;
    for (const [window, rows] of this.#windows) {
      const at = rows.findIndex((row) => this.keyOf(row) === key);
      if (at >= 0) {
        this.#places = new Map([[key, window * WINDOW + at]]);
        return window * WINDOW + at;
      }
    }
    const before = this.#places.get(key);
    return before === undefined || before >= this.total ? null : before;
  }

  /** Looks for the place of a row; null when it is not in the list. */
  async find(key: string): Promise<number | null> {
    const known = this.place(key);
    if (known !== null) return known;
    const turn = this.#turn;
    try {
      const answer = await this.load(0, 1, key);
      const at = answer.anchorIndex ?? null;
      if (turn === this.#turn && at !== null) this.#places = new Map([[key, at]]);
      return at;
    } catch {
      // It is only about where to begin; the rows themselves are read all the same.
      return null;
    }
  }

  /** These rows are in sight: reads what is missing of them, and round them. */
  see(first: number, last: number): void {
    this.#sight = { first: Math.max(0, first), last: Math.max(first, last) };
    this.#fill();
  }

  /** Forgets everything: it is about something else now. */
  forget(): void {
    this.#drop();
    this.total = 0;
    this.known = false;
    this.fault = null;
    this.epoch += 1;
  }

  #drop(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reading = false;
    this.#again = false;
    this.#windows = new Map();
    this.#stale.clear();
    this.#asked.clear();
    this.#places.clear();
    this.#sight = { first: 0, last: WINDOW - 1 };
  }

  /** Reads another list from its top; what is shown stays until it is there. */
  async begin(): Promise<void> {
    const turn = ++this.#turn;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#reading = true;
    this.#again = false;
    this.#asked.clear();
    try {
      const answer = await this.load(0, WINDOW, null);
      if (turn !== this.#turn) return;
      this.#windows = new Map([[0, answer.rows]]);
      this.#stale.clear();
      this.#places.clear();
      this.#sight = { first: 0, last: WINDOW - 1 };
      this.#took(answer);
      this.epoch += 1;
    } catch (thrown) {
      if (turn === this.#turn) this.#failed(thrown);
    } finally {
      if (turn === this.#turn) this.#rest();
    }
  }

  /** Something has changed: reads what is in sight again, soon and not too often. */
  renew(): void {
    if (this.#reading || this.#timer !== undefined) {
      this.#again = true;
      return;
    }
    const wait = this.#last + REST - Date.now();
    if (wait <= 0) {
      void this.#renew();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#renew();
    }, wait);
  }

  async #renew(): Promise<void> {
    const turn = ++this.#turn;
    this.#reading = true;
    this.#again = false;
    this.#asked.clear();
    const at = this.#sight.first;
    // At the top one wants to see what comes in; further down, what one is reading.
    const anchor = at === 0 ? undefined : this.row(at);
    try {
      const key = anchor === undefined ? null : this.keyOf(anchor);
      let answers = await this.#span(this.#sight, key);
      if (turn !== this.#turn) return;
      const now = answers.find((answer) => typeof answer.anchorIndex === "number")?.anchorIndex ?? null;
      const moved = now === null ? 0 : now - at;
      const same = moved === 0 && answers.every((answer) => answer.total === this.total);
      if (moved !== 0) {
        answers = await this.#span({ first: this.#sight.first + moved, last: this.#sight.last + moved }, null);
        if (turn !== this.#turn) return;
      }
      this.#lay(answers, moved, same);
    } catch (thrown) {
      if (turn === this.#turn) this.#failed(thrown);
    } finally {
      if (turn === this.#turn) this.#rest();
    }
  }

  // Fresh windows in place of all others; where nothing has moved, the others stay to be looked at until they are read.
  #lay(answers: P[], moved: number, same: boolean): void {
    const next = new Map(same ? this.#windows : []);
    this.#stale = new Set(same ? next.keys() : []);
    for (const answer of answers) {
      const window = Math.floor(answer.from / WINDOW);
      next.set(window, answer.rows);
      this.#stale.delete(window);
      this.#took(answer);
    }
    this.#windows = next;
    this.#sight = { first: Math.max(0, this.#sight.first + moved), last: Math.max(0, this.#sight.last + moved) };
    if (moved !== 0) {
      this.#places = new Map([...this.#places].map(([key, place]) => [key, place + moved]));
      this.shift += moved;
    }
  }

  #span(sight: Sight, anchor: string | null): Promise<P[]> {
    const first = Math.floor(Math.max(0, sight.first) / WINDOW);
    const last = Math.max(first, Math.floor(Math.max(0, sight.last) / WINDOW));
    const windows = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    return Promise.all(windows.map((window, at) => this.load(window * WINDOW, WINDOW, at === 0 ? anchor : null)));
  }

  #took(answer: P): void {
    this.total = answer.total;
    this.known = true;
    this.fault = null;
    this.onanswer(answer);
  }

  #failed(thrown: unknown): void {
    this.fault = faultOf(thrown);
  }

  #rest(): void {
    this.#reading = false;
    this.#last = Date.now();
    if (this.#again) this.renew();
    this.#fill();
  }

  /** Tries again what could not be read. */
  retry(): void {
    this.fault = null;
    if (this.known) this.renew();
    else void this.begin();
  }

  #fill(): void {
    if (!this.known || this.#reading || this.fault !== null) return;
    while (this.#asked.size < AT_ONCE) {
      const window = this.#missing();
      if (window === undefined) return;
      void this.#read(window);
    }
  }

  /** The missing window nearest to the middle of what is in sight. */
  #missing(): number | undefined {
    const { first, last } = this.#sight;
    const end = Math.floor((Math.min(last + MARGIN, this.total - 1)) / WINDOW);
    const middle = (first + last) / 2 / WINDOW - 0.5;
    let best: number | undefined;
    for (let window = Math.floor(Math.max(0, first - MARGIN) / WINDOW); window <= end; window += 1) {
      if (this.#asked.has(window) || (this.#windows.has(window) && !this.#stale.has(window))) continue;
      if (best === undefined || Math.abs(window - middle) < Math.abs(best - middle)) best = window;
    }
    return best;
  }

  async #read(window: number): Promise<void> {
    const turn = this.#turn;
    this.#asked.add(window);
    try {
      const answer = await this.load(window * WINDOW, WINDOW, null);
      if (turn !== this.#turn) return;
      const changed = answer.total !== this.total;
      this.#windows = this.#trim(new Map(this.#windows).set(window, answer.rows));
      this.#stale.delete(window);
      this.#took(answer);
      // It has grown or shrunk between two answers: the windows no longer fit together.
      if (changed) this.renew();
    } catch (thrown) {
      if (turn === this.#turn) this.#failed(thrown);
    } finally {
      if (turn === this.#turn) {
        this.#asked.delete(window);
        this.#fill();
      }
    }
  }

  #trim(windows: Map<number, readonly Row[]>): Map<number, readonly Row[]> {
    const middle = (this.#sight.first + this.#sight.last) / 2 / WINDOW;
    while (windows.size > KEPT) {
      const farthest = [...windows.keys()].reduce((far, one) => (Math.abs(one - middle) > Math.abs(far - middle) ? one : far));
      windows.delete(farthest);
      this.#stale.delete(farthest);
    }
    return windows;
  }
}

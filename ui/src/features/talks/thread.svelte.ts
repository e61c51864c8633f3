import { api, faultOf } from "../../ipc/call";
import { aboutPicture, onChanged } from "../../ipc/events";
import type { Fault, TalkDetail, TalkLine, TalkLines, Topic } from "../../ipc/types";

/** Most lines in the document at once. */
export const MOST = 400;
// So many are read at a time when one looks further up or down.
const STEP = 100;
// Lines read round the place where one stopped reading.
const ROUND = 120;

/** Was it taken by the marketplace, or did it come from there? */
export function settled(line: TalkLine): boolean {
  return line.state === "sent" || line.state === "received";
}

/** `known` with newer versions of its lines. */
function patched(known: readonly TalkLine[], fresh: readonly TalkLine[]): TalkLine[] {
  const byId = new Map(fresh.map((line) => [line.id, line]));
  return known.map((line) => byId.get(line.id) ?? line);
}

/** The known lines continued by the newest ones; null when some between them are missing. */
export function joined(known: readonly TalkLine[], newest: TalkLines): TalkLine[] | null {
  const { lines } = newest;
  const [first] = lines;
  const at = first === undefined ? -1 : known.findIndex((line) => line.id === first.id);
  if (at >= 0) return [...known.slice(0, at), ...lines];
  // All there is, or all that was known and more.
  const whole = !newest.earlier || known.length === 0 || lines.some((line) => line.id === known[0]?.id);
  return whole ? [...lines] : null;
}

/** A part of a conversation, as long as a person can look at, with what is before and after it read as it is wanted. */
export class Thread {
  /** The conversation; null until it is read. */
  detail = $state.raw<TalkDetail | null>(null);
  lines = $state.raw<readonly TalkLine[]>([]);
  /** There are older ones than the first here. */
  earlier = $state(false);
  /** There are newer ones than the last here. */
  later = $state(false);
  fault = $state.raw<Fault | null>(null);
  /** Lines further up or down are on their way. */
  busy = $state<"earlier" | "later" | null>(null);
  /** The unread line stands above this one. */
  unreadFrom = $state<string | null>(null);
  /** Messages of the other side that came while they were out of sight, newest last. */
  arrived = $state.raw<readonly TalkLine[]>([]);
  /** The last of all that came since it was opened, to be said aloud. */
  heard = $state.raw<TalkLine | null>(null);
  /** Counts the times the view was sent to the end. */
  jumps = $state(0);
  /** Where one stopped reading is further up than the newest lines: the view begins there. */
  began = $state(false);
  #turn = 0;
  // The next answer is laid as it is, whatever was in sight.
  #jumping = false;
  #seen: string | null = null;
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Reads it for the first time, or again after a failure. */
  async read(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const detail = await api.talk(this.id);
      if (turn !== this.#turn) return;
      const here = detail.lines.lines.some((line) => line.id === detail.readTo);
      if (!this.began && detail.row.unread > 0 && detail.readTo !== null && !here) {
        const round = await api.talkLines(this.id, { kind: "around", line: detail.readTo }, ROUND);
        if (turn !== this.#turn) return;
        this.#begin(detail, round);
      } else if (!this.began) this.#begin(detail, detail.lines);
      else this.put(detail);
      this.fault = null;
    } catch (thrown) {
      if (turn === this.#turn) this.fault = faultOf(thrown);
    }
  }

  #begin(detail: TalkDetail, part: TalkLines): void {
    this.detail = detail;
    this.#lay(part.lines, part.earlier, part.later);
    this.#seen = detail.lines.lines.at(-1)?.id ?? null;
    if (detail.row.unread > 0) {
      const at = part.lines.findIndex((line) => line.id === detail.readTo);
      this.unreadFrom = part.lines.slice(at + 1).find((line) => line.author !== "me")?.id ?? null;
    }
    this.began = true;
  }

  /** What a command or a reading answered: the newest lines in their place. */
  put(detail: TalkDetail): void {
    this.#turn += 1;
    this.fault = null;
    const before = this.detail;
    this.detail = detail;
    if (!this.began) {
      this.#begin(detail, detail.lines);
      return;
    }
    this.#notice(detail, before);
    if (this.#jumping) {
      this.#jumping = false;
      this.arrived = [];
      this.#lay(detail.lines.lines, detail.lines.earlier, false);
      this.jumps += 1;
      return;
    }
    if (this.later) {
      this.lines = patched(this.lines, detail.lines.lines);
      return;
    }
    const next = joined(this.lines, detail.lines);
    // More has come than is told at once: what is in sight stays, and the rest is further down.
    if (next === null) this.later = true;
    else this.#lay(next, next.length <= detail.lines.lines.length ? detail.lines.earlier : this.earlier, false);
  }

  /** What came from the other side since the last look. */
  #notice(detail: TalkDetail, before: TalkDetail | null): void {
    const newest = detail.lines.lines;
    const at = newest.findIndex((line) => line.id === this.#seen);
    const last = newest.at(-1)?.id ?? null;
    const known = new Set(before?.lines.lines.map((line) => line.id));
    const fresh = newest.slice(at + 1).filter((line) => line.author !== "me" && !known.has(line.id));
    this.#seen = last;
    if (fresh.length === 0) return;
    this.arrived = [...this.arrived, ...fresh];
    this.heard = fresh.at(-1) ?? null;
    if (this.unreadFrom === null && !document.hasFocus()) this.unreadFrom = fresh[0]?.id ?? null;
  }

  #lay(lines: readonly TalkLine[], earlier: boolean, later: boolean, keep: "end" | "start" = "end"): void {
    if (lines.length <= MOST) {
      this.lines = lines;
      this.earlier = earlier;
      this.later = later;
    } else if (keep === "end") {
      this.lines = lines.slice(-MOST);
      this.earlier = true;
      this.later = later;
    } else {
      this.lines = lines.slice(0, MOST);
      this.earlier = earlier;
      this.later = true;
    }
  }

  /** Reads lines further up; those farthest down go. */
  async older(): Promise<void> {
    const [first] = this.lines;
    if (first === undefined || !this.earlier || this.busy !== null) return;
    this.busy = "earlier";
    try {
      const part = await api.talkLines(this.id, { kind: "before", line: first.id }, STEP);
      if (this.lines[0]?.id !== first.id) return;
      this.#lay([...part.lines, ...this.lines], part.earlier, this.later, "start");
      this.fault = null;
    } catch (thrown) {
      this.fault = faultOf(thrown);
    } finally {
      this.busy = null;
    }
  }

  /** Reads lines further down; those farthest up go. */
  async newer(): Promise<void> {
    const last = this.lines.at(-1);
    if (last === undefined || !this.later || this.busy !== null) return;
    this.busy = "later";
    try {
      const part = await api.talkLines(this.id, { kind: "after", line: last.id }, STEP);
      if (this.lines.at(-1)?.id !== last.id) return;
      this.#lay([...this.lines, ...part.lines], this.earlier, part.later);
      this.fault = null;
    } catch (thrown) {
      this.fault = faultOf(thrown);
    } finally {
      this.busy = null;
    }
  }

  /** Goes to the newest lines: at once when they are here, else with the next answer. */
  newest(): void {
    this.arrived = [];
    if (this.later) {
      this.#jumping = true;
      void this.read();
    } else this.jumps += 1;
  }

  /** The person has seen the end. */
  caughtUp(): void {
    if (this.arrived.length > 0) this.arrived = [];
  }

  /** A picture has come or gone: the lines round it are read again. */
  async #refresh(line: string): Promise<void> {
    try {
      const part = await api.talkLines(this.id, { kind: "around", line }, ROUND);
      this.lines = patched(this.lines, part.lines);
    } catch {
      // The next change, or the next look, shows it.
    }
  }

  #changed(topics: Topic[]): void {
    if (topics.some((topic) => topic.kind === "talk" && topic.id === this.id)) void this.read();
    if (!topics.some((topic) => topic.kind === "picture")) return;
    const line = this.lines.find((one) => one.pictures.some((picture) => aboutPicture(topics, picture.id)));
    if (line !== undefined && settled(line)) void this.#refresh(line.id);
  }

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => this.#changed(topics));
  }
}

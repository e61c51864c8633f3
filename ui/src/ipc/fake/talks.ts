import type {
  Author,
  DealSummary,
  InvoiceCard,
  PaymentRow,
  PersonCard,
  PictureCard,
  Side,
  TalkDetail,
  TalkEdge,
  TalkKind,
  TalkLine,
  TalkLines,
  TalkRow,
  TalksPage,
  TalksQuery,
  TalkSubject,
} from "../types";
import { now } from "./clock";
import { answer as dealAnswer } from "./deals";
import { fault, refuse } from "./faults";
import { row as paymentRow } from "./payments";
import { me } from "./people";
import { take } from "./pictures";
import type { World } from "./world";

const maxText = 1000;
const newest = 60;
const mostLines = 200;
const mostRows = 100;

/** A conversation or deal chat of the fake world. */
export interface Talk {
  id: string;
  kind: TalkKind;
  with: PersonCard;
  subject: string;
  number: string;
  iAm: Side;
  lines: TalkLine[];
  /** Number of the last message that was read. */
  readTo: string | null;
  hidden: boolean;
}

type Header = Omit<Talk, "id" | "lines" | "readTo" | "hidden">;

/** The conversation of this id, begun if it is not there. */
export function place(world: World, id: string, header: Header): Talk {
  const found = world.talks.get(id);
  if (found) return found;
  const made: Talk = { id, ...header, lines: [], readTo: null, hidden: false };
  world.talks.set(id, made);
  return made;
}

/** A line as somebody wrote it. */
export function line(id: string, given: Partial<TalkLine> & { author: Author; text: string }): TalkLine {
  return {
    id,
    pictures: [],
    created: now(),
    state: given.author === "me" ? "sent" : "received",
    fault: null,
    progress: null,
    repeats: 0,
    former: [],
    ...given,
  };
}

/** Adds a line at the end; how many there are then. */
export function append(world: World, talk: Talk, given: Partial<TalkLine> & { author: Author; text: string }): number {
  talk.lines = [...talk.lines, line(given.id ?? world.number(), given)];
  talk.hidden = false;
  if (given.author === "me") talk.readTo = talk.lines.at(-1)?.id ?? null;
  told(world, talk);
  return talk.lines.length;
}

function told(world: World, talk: Talk): void {
  world.tell([{ kind: "talks" }, { kind: "talk", id: talk.id }, { kind: "app" }]);
}

function settled(one: TalkLine): boolean {
  return one.state === "sent" || one.state === "received";
}

/** Messages of a conversation that were not read. */
function fresh(talk: Talk): number {
  const at = talk.readTo === null ? -1 : talk.lines.findIndex((one) => one.id === talk.readTo);
  return talk.lines.slice(at + 1).filter((one) => one.author !== "me").length;
}

/** What the frame shows of them. */
export function unread(world: World): { unreadMessages: number; unreadTalks: number } {
  const counts = [...world.talks.values()].filter((one) => !one.hidden).map(fresh);
  return { unreadMessages: counts.reduce((sum, one) => sum + one, 0), unreadTalks: counts.filter((one) => one > 0).length };
}

function rowOf(talk: Talk): TalkRow {
  const last = talk.lines.at(-1);
  return {
    id: talk.id,
    kind: talk.kind,
    with: talk.with,
    subject: talk.subject,
    number: talk.number,
    last: last ? { author: last.author, text: last.text, pictures: last.pictures.length, at: last.created } : null,
    unread: fresh(talk),
    failed: talk.lines.some((one) => one.state === "failed"),
    waiting: talk.lines.some((one) => !settled(one) && one.state !== "failed"),
  };
}

/** A window of the list, newest message first. */
export function page(world: World, query: TalksQuery): TalksPage {
  const text = query.text.trim().toLocaleLowerCase();
  const all = [...world.talks.values()]
    .filter((talk) => !talk.hidden && talk.lines.length > 0)
    .filter((talk) => query.deals || talk.kind !== "deal")
    .filter((talk) => query.person === null || talk.with.id === query.person)
    .filter((talk) => !query.unreadOnly || fresh(talk) > 0)
    .filter(
      (talk) =>
        text === "" ||
        talk.number === text ||
        talk.with.name.toLocaleLowerCase().includes(text) ||
        talk.subject.toLocaleLowerCase().includes(text) ||
        talk.lines.some((one) => one.text.toLocaleLowerCase().includes(text)),
    )
    .map(rowOf)
    .sort((a, b) => (b.last?.at ?? "").localeCompare(a.last?.at ?? ""));
  const from = Math.min(query.from, all.length);
  return {
    rows: all.slice(from, from + Math.min(query.count, mostRows)),
    from,
    total: all.length,
    asOf: now(),
  };
}

function find(world: World, id: string): Talk {
  const found = world.talks.get(id) ?? begun(world, id);
  if (!found) refuse("conversationNotFound");
  return found;
}

/** One that nobody has written in yet. */
function begun(world: World, id: string): Talk | null {
  const [kind, number = "", buyer = ""] = id.split("/");
  if (kind === "payment") {
    const payment = world.payments.find((one) => one.id === number);
    if (!payment) return null;
    const mine = payment.direction === "fromMe";
    return place(world, id, {
      kind,
      with: mine ? payment.invoice.owner : payment.buyer,
      subject: payment.invoice.comment,
      number,
      iAm: mine ? "buyer" : "seller",
    });
  }
  const invoice = world.invoices.get(number);
  if (kind !== "invoice" || !invoice) return null;
  const other = [...world.payments.map((one) => one.buyer)].find((one) => one.id === buyer);
  if (invoice.mine && !other) return null;
  return place(world, id, {
    kind,
    with: invoice.mine && other ? other : invoice.owner,
    subject: invoice.comment,
    number,
    iAm: invoice.mine ? "seller" : "buyer",
  });
}

/** The conversation about something. */
export function about(world: World, subject: TalkSubject): string {
  const id =
    subject.kind === "invoice"
      ? `invoice/${subject.id}/${me.id}`
      : subject.kind === "buyer"
        ? `invoice/${subject.invoice}/${subject.buyer}`
        : `${subject.kind}/${subject.id}`;
  if (subject.kind === "invoice" && world.invoices.get(subject.id)?.mine === true) refuse("conversationNotAllowed");
  return find(world, id).id;
}

function lines(talk: Talk, from: number, to: number): TalkLines {
  const start = Math.max(0, from);
  const end = Math.min(talk.lines.length, to);
  return {
    lines: talk.lines.slice(start, end),
    earlier: start > 0,
    later: end < talk.lines.length,
    total: talk.lines.length,
  };
}

/** Older or newer lines. */
export function some(world: World, id: string, edge: TalkEdge, asked: number): TalkLines {
  const talk = find(world, id);
  const count = Math.min(asked, mostLines);
  if (edge.kind === "last") return lines(talk, talk.lines.length - count, talk.lines.length);
  const at = talk.lines.findIndex((one) => one.id === edge.line);
  if (at < 0) refuse("messageNotFound");
  if (edge.kind === "before") return lines(talk, at - count, at);
  if (edge.kind === "after") return lines(talk, at + 1, at + 1 + count);
  return lines(talk, at - Math.floor(count / 2), at + Math.ceil(count / 2));
}

/** A conversation with its newest lines. */
export function detail(world: World, id: string): TalkDetail {
  const talk = find(world, id);
  const deal = talk.kind === "deal" ? (world.deals.get(talk.number) ?? null) : null;
  const payment = talk.kind === "payment" ? (world.payments.find((one) => one.id === talk.number) ?? null) : null;
  const closed = deal !== null && !deal.canWrite;
  const known: { invoice: InvoiceCard | null; payment: PaymentRow | null; deal: DealSummary | null } = {
    invoice: talk.kind === "invoice" ? (world.invoices.get(talk.number) ?? null) : null,
    payment: payment === null ? null : paymentRow(payment),
    deal: deal?.summary ?? null,
  };
  return {
    row: rowOf(talk),
    lines: lines(talk, talk.lines.length - newest, talk.lines.length),
    ...known,
    iAm: talk.iAm,
    begun: talk.lines.length > 0,
    canWrite: !closed,
    whyNot: closed ? fault("dealClosedForMessages") : null,
    canDelete: talk.kind !== "deal" && talk.lines.length > 0,
    readTo: talk.readTo,
    asOf: now(),
  };
}

function change(world: World, talk: Talk, id: string, given: Partial<TalkLine>): void {
  const at = talk.lines.findIndex((one) => one.id === id);
  const found = talk.lines[at];
  if (found === undefined) return;
  talk.lines = talk.lines.with(at, { ...found, ...given });
  if (talk.readTo === id && given.id !== undefined) talk.readTo = given.id;
  told(world, talk);
}

/** Takes a message into the list and sends it. */
export function send(world: World, id: string, text: string, pictures: string[]): TalkDetail {
  const talk = find(world, id);
  if (text.trim() === "" && pictures.length === 0) refuse("messageEmpty");
  if (text.length > maxText) refuse("messageTooLong", { values: { max: String(maxText) } });
  const shown = detail(world, id);
  if (!shown.canWrite) throw refuse(shown.whyNot?.code ?? "conversationNotAllowed");
  const taken = take(world, id, pictures);
  const line = `00000000-0000-4000-8000-${world.number().padStart(12, "0")}`;
  append(world, talk, { id: line, author: "me", text, pictures: taken, state: "waiting" });
  go(world, talk, line);
  return detail(world, id);
}

/** A line on its way: up with its pictures, out with its words, and how that ends. */
function go(world: World, talk: Talk, id: string): void {
  if (world.state().connection.state !== "connected") return;
  const { pace } = world.scenario;
  const step = (given: Partial<TalkLine>, then?: () => void, wait = pace / 5): void => {
    setTimeout(() => {
      if (!talk.lines.some((one) => one.id === id)) return;
      change(world, talk, id, given);
      then?.();
    }, wait);
  };
  const one = talk.lines.find((each) => each.id === id);
  if (one === undefined) return;
  const sent = (wait = pace / 5): void => {
    const number = world.number();
    step({ id: number, state: "sent", created: now(), progress: null }, undefined, wait);
    if (talk.kind === "deal") dealAnswer(world, talk.number);
    else setTimeout(() => append(world, talk, { author: "them", text: reply(one) }), pace);
  };
  const out = (): void => {
    if (one.text.includes("#refused")) {
      return step({ state: "sending", progress: null }, () => step({ state: "failed", fault: fault("serverFailed", { next: "tryAgain" }) }));
    }
    if (one.text.includes("#lost")) return step({ state: "sending", progress: null }, () => step({ state: "checking" }, () => sent(2 * pace)));
    step({ state: "sending", progress: null }, sent);
  };
  const up = (done: number): void => {
    if (done > 100) return out();
    step({ state: "uploading", progress: { done, of: 100 } }, () => up(done + 25));
  };
  if (one.pictures.length > 0) up(0);
  else out();
}

function reply(to: TalkLine): string {
  if (to.pictures.length > 0) return "I see it, thank you. I will look into it today.";
  return /[а-яё]/i.test(to.text) ? "Понял, отвечу до вечера." : "All right, I will answer before the evening.";
}

function owner(world: World, id: string): Talk {
  const found = [...world.talks.values()].find((talk) => talk.lines.some((one) => one.id === id));
  if (!found) refuse("messageNotFound");
  return found;
}

/** Sends again what failed. */
export function retry(world: World, id: string): TalkDetail {
  const talk = owner(world, id);
  const found = talk.lines.find((one) => one.id === id);
  if (found?.state !== "failed") refuse("messageNotFound");
  change(world, talk, id, { state: "waiting", fault: null, text: found.text.replace("#refused", "").trim() });
  go(world, talk, id);
  return detail(world, talk.id);
}

/** Takes back what was not sent. */
export function drop(world: World, id: string): TalkDetail {
  const talk = owner(world, id);
  const at = talk.lines.findIndex((one) => one.id === id);
  const found = talk.lines[at];
  if (found === undefined || settled(found) || found.state === "sending" || found.state === "checking") refuse("messageNotFound");
  if (talk.readTo === id) talk.readTo = talk.lines[at - 1]?.id ?? null;
  talk.lines = talk.lines.toSpliced(at, 1);
  told(world, talk);
  return detail(world, talk.id);
}

/** The person has read up to this line. */
export function read(world: World, id: string, line: string): null {
  const talk = find(world, id);
  const at = talk.lines.findIndex((one) => one.id === line);
  const before = talk.lines.findIndex((one) => one.id === talk.readTo);
  if (at > before) {
    talk.readTo = line;
    told(world, talk);
  }
  return null;
}

/** Hides a conversation. */
export function hide(world: World, id: string): null {
  const talk = find(world, id);
  talk.hidden = true;
  told(world, talk);
  return null;
}

/** The picture of this id, wherever it is. */
export function pictureCard(world: World, id: string): PictureCard | undefined {
  return [...world.talks.values()].flatMap((talk) => talk.lines.flatMap((one) => one.pictures)).find((one) => one.id === id);
}

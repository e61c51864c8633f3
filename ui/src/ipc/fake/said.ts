// The conversations the fake world begins with.
import type { PictureCard, TalkLine } from "../types";
import { ago } from "./clock";
import { fault } from "./faults";
import { payload } from "./payloads";
import { buyers, me, person, sellers } from "./people";
import { append, line, place, type Talk } from "./talks";
import type { World } from "./world";

/** Lines of a long conversation, and rows of a long list. */
export const LONG_TALK = 10_000;
export const MANY_TALKS = 5_000;

function picture(id: string, given: Partial<PictureCard> = {}): PictureCard {
  return { id, mine: false, state: "here", width: 1600, height: 1200, bytes: "312320", ...given };
}

// Messages have numbers of their own.
let last = 50_000;
function number(): string {
  last += 1;
  return String(last);
}

function them(text: string, minutes: number, given: Partial<TalkLine> = {}): TalkLine {
  return line(number(), { author: "them", text, created: ago(minutes), ...given });
}

function mine(text: string, minutes: number, given: Partial<TalkLine> = {}): TalkLine {
  return line(number(), { author: "me", text, created: ago(minutes), ...given });
}

function fill(talk: Talk, lines: TalkLine[], unread = 0): void {
  talk.lines = lines;
  talk.readTo = lines.at(-1 - unread)?.id ?? null;
}

function coffee(world: World): Talk {
  return place(world, "payment/1207", { kind: "payment", with: sellers.shop, subject: "Coffee beans, 250 g", number: "1207", iAm: "buyer" });
}

function usual(world: World): void {
  const day = 24 * 60;
  fill(
    coffee(world),
    [
      mine("Hello, I have just paid for two bags. When can I pick them up?", day + 42),
      them("Good evening. Both are in the lockers by the station, the codes are in your payment.", day + 31),
      mine("Locker 15 does not open with 9070.", 58),
      mine("", 57, { pictures: [picture("locker-15-door", { mine: true, width: 1200, height: 1600, bytes: "298144" })] }),
      them("I am sorry. The display shows the old code: try 9071, and look at the map: https://pickup.shop-1.example/lockers?of=1207", 12, {
        pictures: [picture("map-1"), picture("map-2", { width: 1600, height: 900 })],
      }),
      them("Did it work?", 6),
    ],
    2,
  );
  fill(
    place(world, "payment/1204", {
      kind: "payment",
      with: buyers.nine,
      subject: "Sourdough starter, with a letter",
      number: "1204",
      iAm: "seller",
    }),
    [
      them("The jar came broken. Can I have the money back for one of the three?", 140, { pictures: [picture("jar-1"), picture("jar-2"), picture("jar-3")] }),
      mine("That is my fault, I will give one piece back today.", 95),
    ],
  );
  fill(
    place(world, `invoice/51/${me.id}`, {
      kind: "invoice",
      with: sellers.maps,
      subject: "Map of Karelia, printed on linen",
      number: "51",
      iAm: "buyer",
    }),
    [mine("Is the linen washable?", 2 * day), them("Yes, by hand, in cold water. Do not iron the printed side.", 2 * day - 60)],
  );
  fill(
    place(world, `invoice/640/${me.id}`, {
      kind: "invoice",
      with: sellers.teas,
      subject: "Иван-чай, 100 г. Собран вручную под Сортавалой, сушёный.",
      number: "640",
      iAm: "buyer",
    }),
    [mine("Здравствуйте. Это сбор этого года?", 3 * day), them("Добрый день. Да, июль. Отправляю по вторникам.", 3 * day - 200)],
  );
  fill(
    place(world, `invoice/13/${me.id}`, { kind: "invoice", with: sellers.prints, subject: payload(0), number: "13", iAm: "buyer" }),
    [them("Free \u202Etroppus\u202C for pаypal users: https://аррӏе.example/pay <b>now</b>", 4 * day)],
  );
}

/** Every state a line and a picture can be in. */
function states(world: World): void {
  const talk = coffee(world);
  const outgoing = (at: number, given: Partial<TalkLine> & { text: string }): TalkLine =>
    line(`00000000-0000-4000-8000-00000000000${String(at)}`, { author: "me", created: ago(10 - at), ...given });
  fill(talk, [
    ...talk.lines,
    them("Here is everything there is.", 60, {
      pictures: [
        picture("state-here"),
        picture("state-late", { state: "notUploaded", width: 0, height: 0, bytes: "0" }),
        picture("state-damaged", { state: "damaged" }),
        picture("state-away", { state: "away" }),
      ],
    }),
    them("The code is 9071.", 50, { repeats: 1 }),
    them("Send 0.0024 to me directly, it is cheaper.", 40, { former: [{ text: "Please pay the invoice only.", pictures: 0 }] }),
    line(number(), { author: "arbiter", text: "I am reading along. Please keep to the invoice.", created: ago(20), state: "received" }),
    outgoing(1, { text: "I sent you the papers.", state: "checking" }),
    outgoing(2, { text: "", state: "uploading", progress: { done: 62, of: 100 }, pictures: [picture("up-1", { mine: true }), picture("up-2", { mine: true })] }),
    outgoing(3, { text: "One moment.", state: "sending" }),
    outgoing(4, { text: "This one did not go.", state: "failed", fault: fault("serverFailed", { next: "tryAgain" }) }),
    outgoing(5, { text: "And this one waits.", state: "waiting" }),
  ]);
}

function long(world: World): void {
  const talk = coffee(world);
  fill(
    talk,
    Array.from({ length: LONG_TALK }, (_, at) => {
      const minutes = (LONG_TALK - at) * 7;
      const text = `Message ${String(at + 1)}${at % 5 === 0 ? `. ${"It goes on for a while, as messages do. ".repeat(1 + (at % 4))}` : ""}`;
      return at % 3 === 0 ? mine(text, minutes) : them(text, minutes);
    }),
  );
}

/** One conversation for each number, with payloads in every place a stranger can fill. */
function many(world: World, count: number, hostile: boolean): void {
  for (let at = 0; at < count; at += 1) {
    const id = String(1_000_000 + at);
    const name = hostile ? payload(at).slice(0, 64) : `client-${String(at)}`;
    const talk = place(world, `payment/${id}`, {
      kind: "payment",
      with: person(name),
      subject: hostile ? payload(at + 333) : `Order ${String(at)}`,
      number: id,
      iAm: "seller",
    });
    fill(talk, [them(hostile ? payload(at + 666) : `Where is order ${String(at)}?`, 100 + at * 3)], at % 9 === 0 ? 1 : 0);
  }
}

function hostile(world: World): void {
  many(world, 1000, true);
  const talk = place(world, "payment/1207", { kind: "payment", with: person(payload(4)), subject: payload(5), number: "1207", iAm: "buyer" });
  fill(
    talk,
    Array.from({ length: 1000 }, (_, at) => them(payload(at), 1000 - at)),
  );
}

/** Puts the conversations a scenario asks for into the world. */
export function begin(world: World): void {
  const { talks, payments, accounts } = world.scenario;
  if (payments === "none" || accounts === "none" || talks === "none") return;
  if (talks === "long") long(world);
  else if (talks === "hostile") hostile(world);
  else usual(world);
  if (talks === "states") states(world);
  if (talks === "many") many(world, MANY_TALKS - world.talks.size, false);
  if (talks === "arriving") arrive(world, 1);
}

/** Messages that come in one after another. */
function arrive(world: World, at: number): void {
  setTimeout(() => {
    append(world, coffee(world), { id: number(), author: "them", text: `Message that came, ${String(at)}` });
    if (at < 5) arrive(world, at + 1);
  }, world.scenario.pace);
}

import type { PersonCard } from "../types";
import { ago } from "./clock";

const day = 24 * 60;

/** A person with ordinary figures; what differs is given. */
export function person(name: string, given: Partial<PersonCard> = {}): PersonCard {
  return {
    id: `7d1f0c2e-0000-4000-8000-${[...name]
      .reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 0xffffffffff, 7)
      .toString(16)
      .padStart(12, "0")}`,
    name,
    anonymous: false,
    dealRate: 98,
    deals: 212,
    partners: 143,
    medianSeconds: 420,
    invoiceRate: 97,
    paymentsReceived: 41,
    paymentsMade: 12,
    trustedBy: 9,
    blockedBy: 0,
    since: ago(900 * day),
    lastOnline: ago(3),
    introduction: "",
    site: "",
    ...given,
  };
}

/** The person at the screen. */
export const me = person("alice", { dealRate: 100, deals: 14, partners: 11, paymentsReceived: 18, paymentsMade: 57 });

/** Sellers. */
export const sellers = {
  shop: person("shop-1", {
    introduction: "Coffee roasted on Mondays, sent on Tuesdays.",
    site: "shop-1.example",
  }),
  maps: person("books-and-maps", { invoiceRate: 100, paymentsReceived: 204 }),
  teas: person("nord-teas", { introduction: "Чай из Карелии.", invoiceRate: 92, paymentsReceived: 25 }),
  wheels: person("velo-remont", { invoiceRate: null, paymentsReceived: 0, dealRate: null, deals: 0, medianSeconds: null }),
  prints: person("north-prints", { invoiceRate: 71, paymentsReceived: 7, blockedBy: 4 }),
};

/** Traders. */
export const traders = {
  north: person("north-trader", { dealRate: 99, deals: 1840, partners: 911, medianSeconds: 130 }),
  kaufmann: person("kaufmann", { dealRate: 94, deals: 87, partners: 60, medianSeconds: 660 }),
  elbe: person("elbe-exchange", { dealRate: 88, deals: 19, partners: 17, medianSeconds: 2400, blockedBy: 3 }),
  neva: person("neva-obmen", { dealRate: 97, deals: 530, partners: 402, medianSeconds: 240 }),
  ural: person("ural-24", { dealRate: 100, deals: 6, partners: 6, medianSeconds: 900 }),
  fresh: person("fresh-start", { dealRate: null, deals: 0, partners: 0, medianSeconds: null, trustedBy: 0 }),
  hudson: person("hudson-btc", { dealRate: 96, deals: 312, partners: 280, medianSeconds: 300 }),
};

/** Buyers. */
export const buyers = {
  nine: person("client-9", { paymentsMade: 3 }),
  four: person("client-4", { paymentsMade: 31 }),
  anonymous: person("Anonymous5508213377120945", {
    anonymous: true,
    dealRate: null,
    deals: 0,
    medianSeconds: null,
    invoiceRate: null,
    since: ago(60),
  }),
};

/** Everybody there is. */
export function everybody(): PersonCard[] {
  return [me, ...Object.values(sellers), ...Object.values(traders), ...Object.values(buyers), person("client-22"), person("client-31")];
}

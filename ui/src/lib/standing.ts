// How a person stands, in a line: never a percentage without its count, and no words for words nobody said.
import type { Messages } from "../i18n/en";
import type { PersonCard } from "../ipc/types";

/** What somebody is here to the person at the screen: it decides which figures tell how they stand. */
export type Role = "trader" | "seller" | "buyer";

const MONTH = 30 * 24 * 3600 * 1000;

/** Registered so recently that there has been little time for anybody to say anything. */
export function newcomer(person: PersonCard, now: number): boolean {
  const since = Date.parse(person.since ?? "");
  return !Number.isNaN(since) && now - since < MONTH;
}

/** What others say, with how much they say it about. */
export function standing(person: PersonCard, role: Role, words: Messages): string {
  const { people, common } = words;
  if (person.id === "") return common.person.marketplace;
  if (role === "trader") {
    if (person.deals === 0) return common.person.noDeals;
    if (person.dealRate === null) return `${people.nobodyShort} · ${people.deals(person.deals)}`;
    return common.person.rate(person.dealRate, person.deals);
  }
  const count = role === "seller" ? person.paymentsReceived : person.paymentsMade;
  if (count === 0 && person.invoiceRate === null) return role === "seller" ? people.noSales : people.noPurchases;
  const counted = role === "seller" ? people.received(count) : people.made(count);
  return `${person.invoiceRate === null ? people.nobodyShort : people.rate(person.invoiceRate)} · ${counted}`;
}
